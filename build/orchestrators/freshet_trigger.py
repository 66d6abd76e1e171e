"""Runs a sync on a Freshet server and waits for its end. It needs Python's standard library alone.

    FRESHET_URL=http://127.0.0.1:7117 FRESHET_TOKEN=... python3 freshet_trigger.py customers

The exit code is that of `freshet run`: 0 done, 1 rows refused, 2 wrong words, 3 held, 4 not finished, 5 failed.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

EXIT = {"ok": 0, "errors": 1, "held": 3, "pending": 4, "failed": 5}
WAIT = 30  # seconds that one request waits at the server


class FreshetError(Exception):
    """What the server says is wrong, with its remedy. status is the run's, or "" where there was no run."""

    def __init__(self, message, status=""):
        super().__init__(message)
        self.status = status


def run_sync(sync, full=False, why="", key=None, patience=3600, url=None, token=None):
    """Brings a destination up to date and returns the run's report, a dict.

    key names this request: an attempt that repeats it, after a lost answer say, begins no second run. patience is in seconds;
    after it the run goes on, and FreshetError says its name. A report whose status is not "ok" is raised, too.
    """
    server = _Server(url or os.environ["FRESHET_URL"], token or os.environ["FRESHET_TOKEN"])
    deadline = time.monotonic() + patience
    path = "/api/syncs/%s/runs?wait_seconds=%d" % (urllib.parse.quote(sync, safe=""), min(WAIT, patience))
    run = server.ask("POST", path, {"full": full, "why": why}, key or str(uuid.uuid4()))
    while run["state"] != "done":
        if time.monotonic() > deadline:
            raise FreshetError("%s goes on: its run is %s" % (sync, run["run"]), "pending")
        run = server.ask("GET", "/api/runs/%s?wait_seconds=%d" % (run["run"], min(WAIT, patience)))
    return _report(sync, run)


def _report(sync, run):
    report, wrong = run.get("report"), run.get("problem")
    status = report["status"] if report else "failed"
    if wrong:
        raise FreshetError(_words(wrong), status)
    if status != "ok":
        raise FreshetError("%s ended as %s: %s rows refused, %s unknown" % (sync, status, report.get("rejected", 0), report.get("unknown", 0)), status)
    return report


def _words(problem):
    parts = [problem.get("detail") or problem.get("title"), problem.get("code") and "(%s)" % problem["code"], problem.get("suggestion")]
    return " ".join(str(p) for p in parts if p)


class _Server:
    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def ask(self, method, path, body=None, key=None):
        """Asks again where no answer came: the key makes that safe, and reading is."""
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(6):
            try:
                request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
                with urllib.request.urlopen(request, timeout=WAIT + 30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as e:
                text = e.read()
                if e.code not in (429, 502, 503, 504) or attempt == 5:
                    raise FreshetError(_told(e.code, text)) from None
            except OSError as e:
                if attempt == 5:
                    raise FreshetError("the server at %s does not answer: %s" % (self.url, e)) from None
            time.sleep(min(2**attempt, 20))


def _told(code, text):
    try:
        return _words(json.loads(text))
    except (ValueError, AttributeError):
        return "the server answered %d" % code


def main(args):
    if len(args) != 1:
        print("usage: freshet_trigger.py SYNC", file=sys.stderr)
        return 2
    try:
        print(json.dumps(run_sync(args[0], why=os.environ.get("FRESHET_WHY", ""))))
        return 0
    except FreshetError as e:
        print("error: %s" % e, file=sys.stderr)
        return EXIT.get(e.status, 2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
