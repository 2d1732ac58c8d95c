"""What labelled posts teach: the posts, and the command that makes weights of them. No part of the product."""
