"""What a post is about and what it wants: phrases found in its text -> topics, intent.

The words are data beside the code. Called by the reader alone. Knows no place and no hospital.
"""
