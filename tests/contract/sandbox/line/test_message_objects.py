"""Whatever message the official SDK can build is taken (LP 5.3, 11.2)."""

from typing import Any

import pytest
from linebot.v3 import messaging as m

from tests.contract.sandbox.line.driver import OfficialAccount

URL, IMAGE, VIDEO = "https://example.test", "https://example.test/a.png", "https://example.test/a.mp4"
LINK = m.URIAction(label="open", uri=URL)
ACTIONS = [
    LINK,
    m.URIAction(label="call", uri="tel:0312345678"),
    m.MessageAction(label="say", text="said"),
    m.PostbackAction(label="post", data="a=1", input_option="openKeyboard", fill_in_text="fill"),
]
AREA = m.ImagemapArea(x=0, y=0, width=520, height=520)
TEXT = m.FlexText(text="hello", size="lg", weight="bold", action=LINK)
FLEX_PARTS = [
    TEXT,
    m.FlexText(contents=[m.FlexSpan(text="a"), m.FlexSpan(text="b")]),
    m.FlexSeparator(margin="md"),
    m.FlexFiller(),
    m.FlexImage(url=IMAGE, aspect_ratio="20:13", action=LINK),
    m.FlexButton(action=LINK, style="primary"),
    m.FlexBox(layout="baseline", contents=[m.FlexIcon(url=IMAGE), TEXT]),
    m.FlexBox(layout="horizontal", contents=[]),
]
BUBBLE = m.FlexBubble(
    size="kilo",
    direction="ltr",
    header=m.FlexBox(layout="vertical", contents=[TEXT]),
    hero=m.FlexVideo(url=VIDEO, preview_url=IMAGE, alt_content=m.FlexImage(url=IMAGE), aspect_ratio="20:13"),
    body=m.FlexBox(layout="vertical", contents=FLEX_PARTS),
    footer=m.FlexBox(layout="vertical", contents=[]),
)
COLUMN = m.CarouselColumn(text="a", title="b", thumbnail_image_url=IMAGE, default_action=LINK, actions=ACTIONS[:3])
PICTURE = m.ImageCarouselColumn(image_url=IMAGE, action=LINK)
CONFIRM = m.ConfirmTemplate(text="sure?", actions=ACTIONS[2:])
QUICK_REPLY = m.QuickReply(
    items=[
        m.QuickReplyItem(action=action)
        for action in (
            m.CameraAction(label="camera"),
            m.CameraRollAction(label="roll"),
            m.LocationAction(label="where"),
            m.DatetimePickerAction(label="when", data="a", mode="datetime"),
            m.ClipboardAction(label="copy", clipboard_text="code"),
            *ACTIONS[2:],
        )
    ]
)
EMOJI = m.EmojiSubstitutionObject(product_id="5ac1bfd5040ab15980c9b435", emoji_id="001")
MESSAGES: dict[str, Any] = {
    "text": m.TextMessage(
        text="$ hello", emojis=[m.Emoji(index=0, product_id="5ac1bfd5040ab15980c9b435", emoji_id="1")]
    ),
    "text with a quick reply": m.TextMessage(text="a", quick_reply=QUICK_REPLY),
    "text of a sender": m.TextMessage(text="a", sender=m.Sender(name="Cony", icon_url=IMAGE)),
    "textV2": m.TextMessageV2(text="{smile} hello", substitution={"smile": EMOJI}),
    "sticker": m.StickerMessage(package_id="446", sticker_id="1988"),
    "image": m.ImageMessage(original_content_url=IMAGE, preview_image_url=IMAGE),
    "video": m.VideoMessage(original_content_url=VIDEO, preview_image_url=IMAGE, tracking_id="track-1"),
    "audio": m.AudioMessage(original_content_url="https://example.test/a.m4a", duration=60_000),
    "location": m.LocationMessage(title="shop", address="Tokyo", latitude=35.65, longitude=139.74),
    "coupon": m.CouponMessage(coupon_id="01JYNW8JMQVFBNWF1APF8Z3FS7", delivery_tag="spring_1"),
    "imagemap": m.ImagemapMessage(
        base_url="https://example.test/map",
        alt_text="map",
        base_size=m.ImagemapBaseSize(width=1040, height=1040),
        video=m.ImagemapVideo(
            original_content_url=VIDEO,
            preview_image_url=IMAGE,
            area=AREA,
            external_link=m.ImagemapExternalLink(link_uri=URL, label="more"),
        ),
        actions=[
            m.URIImagemapAction(link_uri=URL, area=AREA, label="open"),
            m.MessageImagemapAction(text="said", area=AREA),
            m.ClipboardImagemapAction(clipboard_text="code", area=AREA),
        ],
    ),
    "buttons": m.TemplateMessage(alt_text="a", template=m.ButtonsTemplate(text="a", actions=ACTIONS)),
    "confirm": m.TemplateMessage(alt_text="a", template=CONFIRM),
    "carousel": m.TemplateMessage(alt_text="a", template=m.CarouselTemplate(columns=[COLUMN] * 10)),
    "image carousel": m.TemplateMessage(alt_text="a", template=m.ImageCarouselTemplate(columns=[PICTURE] * 10)),
    "flex bubble": m.FlexMessage(alt_text="a", contents=BUBBLE),
    "flex carousel": m.FlexMessage(alt_text="a", contents=m.FlexCarousel(contents=[BUBBLE] * 12)),
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_every_kind_of_message(oa: OfficialAccount, name: str) -> None:
    """A message that the SDK builds passes validation and can be sent."""
    body = {"messages": [MESSAGES[name].to_dict()]}
    validated = await oa.call("POST", "/v2/bot/message/validate/broadcast", body=body)
    sent = await oa.call("POST", "/v2/bot/message/broadcast", body=body)

    assert (validated.status, validated.body) == (200, {})
    assert sent.status == 200
