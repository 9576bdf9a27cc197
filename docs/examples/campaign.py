#!/usr/bin/env python3
"""Makes contacts, texts them with a campaign, and follows it to its end. Python's standard library alone.

    SMSCRM=https://sms.example.com/api/v1/tenants/acme SMSCRM_KEY=smscrm_… ./campaign.py NAME NUMBER...
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request


def call(method, path, body=None, key=None):
    """The answer as Python has it. A 429 or 503 is waited out; any other refusal ends the program."""
    request = urllib.request.Request(os.environ["SMSCRM"] + path, method=method)
    request.add_header("Authorization", "Bearer " + os.environ["SMSCRM_KEY"])
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if key is not None:
        request.add_header("Idempotency-Key", key)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            if refusal.code not in (429, 503):
                sys.exit(json.load(refusal)["detail"])
            time.sleep(int(refusal.headers.get("Retry-After", 1)))


def main(name, numbers):
    call("POST", "/lists", {"list": name}, key=f"{name} list")
    for number in numbers:
        person = {"phone": number, "lists": [name], "consent_source": "example"}
        call("POST", "/contacts", person, key=f"{name} {number}")
    call("POST", "/templates", {"template": name, "body": "Hi {{first_name|there}}! STOP to end"}, key=f"{name} text")
    campaign = {"campaign": name, "template": name, "audience": f"list:{name}"}
    call("POST", "/campaigns", campaign, key=f"{name} campaign")
    if call("GET", f"/campaigns/{name}")["status"] == "draft":
        plan = call("POST", f"/campaigns/{name}/preflight")
        call("POST", f"/campaigns/{name}/launch", {"plan_hash": plan["plan_hash"]}, key=f"{name} launch")
    while call("GET", f"/campaigns/{name}")["status"] != "finished":
        time.sleep(1)
    print(json.dumps(call("GET", f"/campaigns/{name}/status")))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
