# SPDX-License-Identifier: Apache-2.0
"""Korean, cut as in Universal Dependencies' GSD: words between blanks stay whole, marks and brackets are
cut off."""

from __future__ import annotations

from .alphabetic import alphabetic
from .language_data import WritingSystem

DATA = alphabetic(
    units="mm|cm|km|m|m²|km²|㎡|㎞|㎝|㎏|㎜|mg|kg|g|t|ml|l|%|℃|[kMGT]?[WB]|[kMGT]?Hz",
    infixes=(r"(?<=[^\W\d_])[·ㆍ‧](?=[^\W\d_])", r"(?<=\d)~(?=\d)", r"[「」『』《》〈〉、。]"),
    domain="kr|co\\.kr",
    stop_words="""
    이 그 저 것 수 등 들 및 에서 그리고 그러나 그런데 그래서 하지만 또는 또한 즉 더 덜 매우 아주 너무 모든
    각 여러 다른 이런 그런 저런 어떤 무슨 나 너 우리 저희 당신 그녀 그들 여기 거기 저기 이것 그것 저것 위해
    대한 대해 통해 따라 의해 함께 때문에 있는 없는 하는 한 할 된 되는 있다 없다 이다 아니다
    """,
    numbers="""
    영 공 일 이 삼 사 오 육 칠 팔 구 십 백 천 만 억 조 경 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열
    스물 서른 마흔 쉰 예순 일흔 여든 아흔
    """,
    writing_system=WritingSystem(has_case=False, has_letters=False),
)
