"""How statistics name areas: Japan without 都府県, Thailand in English (LP 4.4, 6.5).

Taiwan's names are Chinese in LINE's answers; LINE's list in LP 4.4 has them in English only, so they are English here.
"""

from collections.abc import Mapping

_JAPAN = """
北海道 青森 岩手 宮城 秋田 山形 福島 茨城 栃木 群馬 埼玉 千葉 東京 神奈川 新潟 富山 石川 福井 山梨 長野 岐阜 静岡 愛知
三重 滋賀 京都 大阪 兵庫 奈良 和歌山 鳥取 島根 岡山 広島 山口 徳島 香川 愛媛 高知
福岡 佐賀 長崎 熊本 大分 宮崎 鹿児島 沖縄
"""
_TAIWAN = """
Taipei City,New Taipei,Taoyuan,Taichung,Tainan,Kaohsiung,Keelung,Hsinchu City,Chiayi City,Hsinchu County,Miaoli,
Changhua,Nantou,Yunlin,Chiayi County,Pingtung,Yilan,Hualien,Taitung,Penghu,Kinmen,Lienchiang
"""
_THAILAND = "Bangkok,Pattaya,Northern,Central,Southern,Eastern,NorthEastern,Western"


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


AREA_NAMES: Mapping[str, str] = {
    f"{country}_{number:02}": name
    for country, names in (("jp", _JAPAN.split()), ("tw", _split(_TAIWAN)), ("th", _split(_THAILAND)))
    for number, name in enumerate(names, start=1)
}
