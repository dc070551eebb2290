"""Writes the hold-out payloads beside this file, with Python's JSON writer.

    python3 benches/holdout/generate.py

The payloads show whether the speed on the corpora carries over to other payloads. They have other
words, scripts, lengths and identifiers, more attributes, unknown members of every JSON type and
several member orders. The crate must not be tuned with them. See benches/README.md.
"""

import json
import random
import string
import uuid
from pathlib import Path

COUNT = 300
rng = random.Random(20261126)

WORDS = """
    aber alors amanhã ansonsten beaucoup bientôt bonjour bonsoir caramba chaque chouette danke darum
    debería depois dessert dimanche doch donnerwetter drum ebenso écoute eigentlich ejemplo endlich
    então fenêtre feliz gemütlich genau gostei grüße günstig hola incroyable juhu jusqu'à kaum krass
    lächeln légèreté mañana merci moin musique naïve natürlich noël obrigado où parfois peut-être
    pourquoi prima quelle qué ruhig saudade schade sí später straße süß tschüss über vielleicht
    voilà wahnsinn weiß wunderbar zut ¿cuándo? ¡vamos! ok k w/ imo tbh afk 1v1 3-2 100% 50/50
""".split()
SCRIPTS = [
    "مرحبا كيف الحال شكرا جزيلا أهلا وسهلا متى يبدأ البث رائع".split(),
    "नमस्ते बहुत अच्छा धन्यवाद कब शुरू होगा आज रात वाह".split(),
    "สวัสดี ขอบคุณมาก เยี่ยมเลย เริ่มเมื่อไหร่ คืนนี้ สนุกจัง".split(),
    "xin chào cảm ơn tuyệt vời bao giờ bắt đầu tối nay hay quá".split(),
    "γεια σας ευχαριστώ πολύ πότε αρχίζει απόψε τέλεια".split(),
    "שלום תודה רבה מתי זה מתחיל הערב מעולה".split(),
    "🦀 🚀🚀 💯 🤣🤣🤣 🫶🏿 🏳️‍🌈 👩🏽‍🚀 🧑‍🤝‍🧑 🇧🇷🇫🇷 ⏱️".split(),
]
ODDITIES = [
    'he said: "no, \'you\' go"', "C:\\temp\\new\\file.txt", "a\nb\n\nc", "tab\there", "</p><br/>",
    "if (a < b && !c) { return \"x\"; }", "^\\s*\\d+$", "https://example.org/a?b=c&d=%20#e",
    '{"nested":{"deep":"\\"quoted\\""}}', "\u2028", "\u0007", "\x7f", "AT&T", "\\\\server\\share",
]
NAMES = """
    lang client_version isSubscriber badge.0 badge.1 theme reply-to-id reply-to-user 表情 país emote
    x-forwarded tier gifted_by sticker_pack_id sticker_id tz mention_ids color2 avatarUrl é
""".split()


def words(count):
    source = rng.choices([WORDS, rng.choice(SCRIPTS)], [3, 2])[0]
    picked = [rng.choice(source) for _ in range(count)]
    while rng.random() < 0.15:
        picked.insert(rng.randrange(len(picked) + 1), rng.choice(ODDITIES))
    return " ".join(picked)


def content():
    kind = rng.random()
    if kind < 0.3:
        return words(1)[: rng.randint(1, 3)]
    if kind < 0.75:
        return words(rng.randint(2, 20))[:500]
    return words(rng.randint(40, 120))[:500]


def alphanumeric(length):
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def uuid4():
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def identifier():
    return rng.choice([
        alphanumeric(12),
        uuid4(),
        uuid4().upper(),
        str(rng.getrandbits(62)),
        f"{rng.getrandbits(96):024x}",
        "01" + "".join(rng.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=24)),
        str(rng.randint(0, 999)),
    ])


def user_id():
    return rng.choice([
        identifier(),
        f"{rng.choice(WORDS)}.{rng.randint(1, 99)}@example.org",
        f"auth0|{rng.getrandbits(96):024x}",
        rng.choice(rng.choice(SCRIPTS)),
    ])


def time():
    date = f"20{rng.randint(22, 29)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
    fraction = rng.choice(["", ".5", f".{rng.randint(0, 999):03}", f".{rng.randint(0, 999999):06}"])
    return f"{date}T{clock}{fraction}{rng.choice(['Z', 'Z', '+00:00'])}"


def attributes():
    names = rng.sample(NAMES, rng.choice([0, 0, 1, 1, 2, 3, 5, 8]))
    value = lambda: rng.choice([
        words(rng.randint(1, 3)),
        identifier(),
        rng.choice(["true", "false", "", "0", str(rng.random())]),
        json.dumps({rng.choice(NAMES): rng.randint(0, 9), "text": words(2)}),
        f"https://cdn.example.org/{uuid4()}.webp?w={rng.randint(16, 512)}",
    ])
    return {name: value() for name in names}


def unknown_value(depth=0):
    kinds = [
        lambda: rng.randint(-(2**53), 2**53),
        lambda: rng.randint(0, 9),
        lambda: rng.uniform(-1e3, 1e3),
        lambda: rng.random() * 10 ** rng.randint(-30, 30),
        lambda: rng.choice([None, True, False]),
        lambda: words(rng.randint(1, 4)),
    ]
    if depth < 3:
        kinds += [
            lambda: [unknown_value(depth + 1) for _ in range(rng.randint(0, 4))],
            lambda: {rng.choice(NAMES): unknown_value(depth + 1) for _ in range(rng.randint(0, 3))},
        ]
    return rng.choice(kinds)()


def reordered(members):
    """Returns the members in one of several orders, with unknown members among them."""
    items = list(members.items())
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4])):
        name = rng.choice(["x", "Meta", "Version", "room_arn", "ContentType", "Ids", "Sender2", "ü"])
        items.insert(rng.randint(0, len(items)), (name, unknown_value()))
    order = rng.randrange(5)
    if order == 0:
        items.sort(key=lambda item: item[0])
    elif order == 1:
        items.reverse()
    elif order == 2:
        rng.shuffle(items)
    return dict(items)


def optional_attributes(members):
    kind = rng.random()
    if kind < 0.8:
        members["Attributes"] = attributes()
    elif kind < 0.9:
        members["Attributes"] = None
    return members


def subscribe():
    known = {"Type": "MESSAGE", "Id": identifier(), "RequestId": rng.choice(["", identifier()])}
    kind = rng.random()
    if kind < 0.8:
        known = optional_attributes(known)
        sender = reordered(optional_attributes({"UserId": user_id()}))
        known |= {"Content": content(), "SendTime": time(), "Sender": sender}
    elif kind < 0.92:
        event_name = rng.choice(["user_joined", "poll:opened", "RAID", "aws:DISCONNECT_USER", "goal"])
        known |= {"Type": "EVENT", "EventName": event_name, "SendTime": time()}
        known = optional_attributes(known)
    else:
        code = rng.choice([400, 401, 403, 404, 406, 413, 429, 500, 503])
        known |= {"Type": "ERROR", "ErrorCode": code, "ErrorMessage": content()}
    return reordered(known)


def publish():
    known = {"RequestId": identifier()}
    kind = rng.random()
    if kind < 0.8:
        known |= {"Action": "SEND_MESSAGE", "Content": content()}
        known = optional_attributes(known)
    elif kind < 0.92:
        known |= {"Action": "DELETE_MESSAGE", "Id": identifier(), "Reason": content()}
    else:
        known |= {"Action": "DISCONNECT_USER", "UserId": user_id(), "Reason": content()}
    return reordered(known)


def write(name, payload, **options):
    lines = [json.dumps(payload(), **options) + "\n" for _ in range(COUNT)]
    (Path(__file__).parent / name).write_text("".join(lines), encoding="utf-8")


COMPACT = {"separators": (",", ":"), "ensure_ascii": False}
write("subscribe-compact.jsonl", subscribe, **COMPACT)
write("subscribe-spaced.jsonl", subscribe)
write("publish-compact.jsonl", publish, **COMPACT)
write("publish-spaced.jsonl", publish)
