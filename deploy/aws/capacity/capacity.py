"""The function of docs/probes.md, "A Lambda or a Cloud Function". Its numbers stand for a measurement of yours."""


def handler(event, context):
    # Without a type it fails, which Lambda tells in X-Amz-Function-Error, and the probe with it.
    return {"free": 3, "total": 16, "reason": "spot pool of " + event["type"]}
