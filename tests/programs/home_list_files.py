"""Fictional lists in the three published layouts, as bytes."""

from collections.abc import Sequence

KUMAMOTO_HEADER = (
    ',,所在地,名　称,郵便番号,住　所,電話番号,共同生活住居名称,事業者名称,"代表者職名",事業所番号,枝番,指定年月日,'
)
OSAKA_HEADER = "事業所番号,事業所名称,事業所電話番号,事業所FAX番号,事業所所在地,法人名称,利用定員,指定日"
WAM_COLUMNS = (
    "都道府県コード又は市区町村コード",
    "NO（※システム内の固有の番号、連番）",
    "指定機関名",
    "法人の名称",
    "法人の名称_かな",
    "法人番号",
    "法人住所（市区町村）",
    "法人住所（番地以降）",
    "法人電話番号",
    "法人FAX番号",
    "法人URL",
    "サービス種別",
    "事業所の名称",
    "事業所の名称_かな",
    "事業所番号",
    "事業所住所（市区町村）",
    "事業所住所（番地以降）",
    "事業所電話番号",
    "事業所FAX番号",
    "事業所URL",
    "事業所緯度",
    "事業所経度",
    "利用可能な時間帯（平日）",
    "利用可能な時間帯（土曜）",
    "利用可能な時間帯（日曜）",
    "利用可能な時間帯（祝日）",
    "定休日",
    "利用可能曜日特記事項（留意事項）",
    "定員",
)
ENCODINGS = ("utf-8", "utf-8-sig", "cp932")


def number(n: int) -> str:
    """The n-th office number of prefecture 99, which does not exist, with its right check digit."""
    digits = f"992{n:06d}"
    products = (int(digit) * (2 - i % 2) for i, digit in enumerate(reversed(digits)))
    return digits + str(-sum(product // 10 + product % 10 for product in products) % 10)


def kumamoto_row(n: int, branch: object = 1, name: str = "みほんの家", **cells: str) -> str:
    values = {
        "area": "架空市中央区",
        "office": f"事業所{n}",
        "postal": "860-0001",
        "address": "架空市中央区一丁目１番",
        "phone": "096-000-0001",
        "corporation": f"架空法人{n}",
        "number": number(n),
        "date": "2006年10月1日",
        "kind": "介護サービス包括型",
    } | cells
    return ",".join(
        (
            *("", "1", values["area"], values["office"], values["postal"], values["address"], values["phone"]),
            *(name, values["corporation"], "理事長", values["number"], str(branch), values["date"], values["kind"]),
        )
    )


def osaka_row(n: int, name: str = "", **cells: str) -> str:
    values = {
        "number": number(n),
        "phone": "06-0000-0001",
        "address": "大阪市都島区（以下略）",
        "corporation": f"架空会社{n}",
        "capacity": "4",
        "date": "2021/12/01",
    } | cells
    return ",".join(
        (
            *(values["number"], name or f"ホーム{n}", values["phone"], "", values["address"]),
            *(values["corporation"], values["capacity"], values["date"]),
        )
    )


def wam_row(n: int, name: str = "", service: str = "共同生活援助", **cells: str) -> str:
    values = dict.fromkeys(WAM_COLUMNS, "") | {
        "都道府県コード又は市区町村コード": "99000",
        "NO（※システム内の固有の番号、連番）": f"A{n:010d}",
        "法人の名称": f"架空法人{n}",
        "サービス種別": service,
        "事業所の名称": name or f"ホーム{n}",
        "事業所番号": number(n),
        "事業所住所（市区町村）": "熊本県熊本市中央区",
        "事業所住所（番地以降）": "架空町1-2",
        "事業所電話番号": "096-000-0002",
        "定員": "7",
    }
    return ",".join(f'"{value}"' for value in (values | cells).values())


def kumamoto(rows: Sequence[str], encoding: str = "utf-8", end: str = "\n") -> bytes:
    return end.join((KUMAMOTO_HEADER, *rows, "")).encode(encoding)


def osaka(rows: Sequence[str], encoding: str = "utf-8", end: str = "\n") -> bytes:
    return end.join((OSAKA_HEADER, *rows, "")).encode(encoding)


def wam(rows: Sequence[str], encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    header = ",".join(f'"{column}"' for column in WAM_COLUMNS)
    return end.join((header, *rows, "")).encode(encoding)
