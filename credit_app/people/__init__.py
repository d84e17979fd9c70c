"""Users, their roles and scope, signing in, and the access log.

May import floors 0 and 1. Key nouns: `User`, `Role` (what someone may do, and where), `SignInSession` (server-side:
signing out ends it), `ActivationCode` (single use), `AccessLog` (every staff read of a minor's fields).

``actions`` is the one door for writes; behind it stand ``roles`` (users and what they may do), ``activation`` (codes
and first passwords), ``sign_in`` (who is it, and since when) and ``access_log``. ``passwords`` hashes, ``line`` bounds
how many at once, ``backoff`` slows down guessing, ``login_names`` says which names are the same, ``tokens`` what is
kept of a secret.
"""
