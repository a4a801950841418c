"""A client of Relief: `python -m web.client submit PHOTO... | status | watch | download | cancel | list`.

RELIEF_URL says where Relief answers, RELIEF_KEY holds an API key. Without a key the cookie that the server gives is
kept in RELIEF_COOKIES (default ~/.config/relief/cookies.json), so that one's jobs are found again.
"""
