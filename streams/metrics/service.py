"""The domain's metrics, declared: what a hospital acts on. Answers, open questions, goals, standing, surges.

Read through `registry`. Their values come from the tables (`figures.py`). Few series by design: a hospital has 110 at
most, and everything with its intervals and reasons is in the read API.
"""

from streams.directory.hospital import GOALS
from streams.metrics.conversation import HOSPITAL
from streams.metrics.metric import Metric
from streams.vocabulary import GOAL_VERDICTS, INTENTS, OUTCOMES, SURGE_VERDICTS

SERVICE: tuple[Metric, ...] = (
    Metric(
        name="conversation_open_questions",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), "intent": INTENTS},
        help="Posts of the last 72 h that ask the hospital something and are neither answered nor taken back, by "
        "intent: `question`, `request`, `complaint` and `crisis` alone.",
        act="`earshot questions` lists them; `crisis` needs a person now.",
    ),
    Metric(
        name="conversation_oldest_question_seconds",
        kind="gauge",
        unit="seconds",
        labels={HOSPITAL: (), "intent": INTENTS},
        help="Age of the oldest of them, by intent; 0 without any. At 72 h a question stops waiting.",
        act="If it grows over a day, nobody answers: compare with the hospital's own goal.",
    ),
    Metric(
        name="conversation_questions",
        kind="gauge",
        unit="posts",
        labels={HOSPITAL: (), "outcome": OUTCOMES},
        help="Questions, requests, complaints and crises put to the hospital in 28 days that can be judged, by what "
        "became of them. Those that wait are in conversation_open_questions.",
        act="Answered / both is the response rate. Show it with the number of both: of few it says little.",
    ),
    Metric(
        name="conversation_goal_actual",
        kind="gauge",
        unit="the goal's unit",
        labels={HOSPITAL: (), "goal": tuple(GOALS)},
        help="What is, of each goal, whether the hospital set itself a target or not. Absent when nothing is known "
        "yet, and for a median that fewer than half of the questions reach.",
        act="Compare with conversation_goal_target.",
    ),
    Metric(
        name="conversation_goal_target",
        kind="gauge",
        unit="the goal's unit",
        labels={HOSPITAL: (), "goal": tuple(GOALS), "goal_verdict": GOAL_VERDICTS},
        help="What the hospital wants (goals.csv), and whether one can say that it has it. Absent when it set itself "
        "no target.",
        act="`missed` for days: a question for the hospital's people. `too_few`: wait, or take a goal with more posts.",
    ),
    Metric(
        name="conversation_service_index",
        kind="gauge",
        unit="per cent",
        labels={HOSPITAL: ()},
        help="Answered posts of local people for each 100 local ones that want an answer, asked at least 72 h ago, 28 "
        "days. Absent when there are fewer than 30.",
        act="It stands where others rank by followers. The read API has its interval and parts.",
    ),
    Metric(
        name="conversation_share_of_voice",
        kind="gauge",
        unit="per cent",
        labels={HOSPITAL: ()},
        help="The hospital's part of all inbound posts of its referral region's hospitals, 28 days. Absent when a "
        "peer's counts are not known here, without a region or peers, and below 30 posts.",
        act="Attention, not quality: an accident raises it, too.",
    ),
    Metric(
        name="conversation_surge_score",
        kind="gauge",
        unit="standard deviations",
        labels={HOSPITAL: (), "surge_verdict": SURGE_VERDICTS},
        help="How far the last closed hour's posts exceed the same hour of past weeks, and what follows. Absent when "
        "the hour was not judged yet.",
        act="`surge`: something happened or is talked about. The topics say what; read the posts on X.",
    ),
    Metric(
        name="conversation_surging_topics",
        kind="gauge",
        unit="topics",
        labels={HOSPITAL: ()},
        help="Topics that are in a surge by themselves in the last closed hour, service lines included. Absent when "
        "the hour was not judged yet.",
        act="The read API names them. One alone: a service. All: an event.",
    ),
)
