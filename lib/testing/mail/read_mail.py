"""Reads messages with Python's own email package: a length of four bytes and a message in, a line of JSON out."""
import hashlib
import json
import struct
import sys
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses


def main():
    source, target = sys.stdin.buffer, sys.stdout
    # Older Pythons keep the space between two encoded words of a name (their issue gh-128110).
    keeps = parsed(b"From: =?utf-8?q?a?= =?utf-8?q?b?= <a@b.example>\r\n\r\n")["From"]
    print(json.dumps({"keepsSpaces": keeps.addresses[0].display_name != "ab"}), flush=True)
    while length := source.read(4):
        mail = parsed(source.read(struct.unpack(">I", length)[0]))
        print(json.dumps(facts(mail)), file=target, flush=True)


def parsed(source):
    return message_from_bytes(source, policy=default)


def facts(mail):
    files = list(mail.iter_attachments())
    return {
        "subject": str(mail["Subject"]),
        "from": people(mail, "From"),
        "to": people(mail, "To"),
        "plainFrom": plain_people(mail, "From"),
        "plainTo": plain_people(mail, "To"),
        "date": mail["Date"].datetime.isoformat(),
        "headers": {name.lower(): str(value) for name, value in mail.items()},
        "names": [name for name in mail.keys()],
        "text": body(mail, "plain"),
        "html": body(mail, "html"),
        "attachments": [attachment(part) for part in files],
        "defects": [repr(each) for part in mail.walk() for each in defects(part)],
    }


def people(mail, name):
    header = mail[name]
    if header is None:
        return []
    return [{"name": each.display_name, "address": each.addr_spec} for each in header.addresses]


def plain_people(mail, name):
    """The same by the older half of the package, which has its own way to read names."""
    raw = [value for key, value in mail.raw_items() if key == name]
    return [
        {"name": str(make_header(decode_header(each))), "address": address}
        for each, address in getaddresses(raw)
    ]


def body(mail, kind):
    part = mail.get_body((kind,))
    return None if part is None else part.get_payload(decode=True).decode("utf-8")


def attachment(part):
    content = part.get_payload(decode=True)
    return {
        # get_filename() would take away quotes and brackets that are part of the name.
        "name": part["Content-Disposition"].params.get("filename"),
        "type": part.get_content_type(),
        "parameters": dict(part["Content-Type"].params),
        "isAttachment": part.get_content_disposition() == "attachment",
        "sizeBytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def defects(part):
    return list(part.defects) + [each for value in part.values() for each in value.defects]


main()
