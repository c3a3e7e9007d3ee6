"""Countries by the names that forms send: "PRT", "Portugal" and "portugal" all become the code PT."""

import unicodedata
from functools import lru_cache
from typing import Final

COUNTRIES: Final = """
AD AND andorra; AE ARE united arab emirates; AF AFG afghanistan; AG ATG antigua and barbuda;
AI AIA anguilla; AL ALB albania; AM ARM armenia; AO AGO angola; AQ ATA antarctica; AR ARG argentina;
AS ASM american samoa; AT AUT austria; AU AUS australia; AW ABW aruba; AX ALA aland islands;
AZ AZE azerbaijan; BA BIH bosnia and herzegovina; BB BRB barbados; BD BGD bangladesh; BE BEL belgium;
BF BFA burkina faso; BG BLG bulgaria; BH BHR bahrain; BI BDI burundi; BJ BEN benin;
BL BLM saint barthelemy; BM BMU bermuda; BN BRN brunei; BO BOL bolivia; BQ BES caribbean netherlands;
BR BRA brazil; BS BHS bahamas; BT BTN bhutan; BV BVT bouvet island; BW BWA botswana; BY BLR belarus;
BZ BLZ belize; CA CAN canada; CC CCK cocos islands; CD COD democratic republic of the congo;
CF CAF central african republic; CG COG congo; CH CHE switzerland; CI CIV ivory coast; CK COK cook islands;
CL CHL chile; CM CMR cameroon; CN CHN china; CO COL colombia; CR CRI costa rica; CU CUB cuba;
CV CPV cabo verde; CW CUW curacao; CX CXR christmas island; CY CYP cyprus; CZ CZE czechia; DE DEU germany;
DJ DJI djibouti; DK DNK denmark; DM DMA dominica; DO DOM dominican republic; DZ DZA algeria;
EC ECU ecuador; EE EST estonia; EG EGY egypt; EH ESH western sahara; ER ERI eritrea; ES ESP spain;
ET ETH ethiopia; FI FIN finland; FJ FJI fiji; FK FLK falkland islands; FM FSM micronesia;
FO FRO faroe islands; FR FRA france; GA GAB gabon; GB GBR united kingdom; GD GRD grenada; GE GEO georgia;
GF GUF french guiana; GG GGY guernsey; GH GHA ghana; GI GIB gibraltar; GL GRL greenland; GM GMB gambia;
GN GIN guinea; GP GLP guadeloupe; GQ GNQ equatorial guinea; GR GRC greece;
GS SGS south georgia and the south sandwich islands; GT GUA guatemala; GU GUM guam; GW GNB guinea bissau;
GY GUY guyana; HK HKG hong kong; HM HMD heard island and mcdonald islands; HN HND honduras; HR HRV croatia;
HT HTI haiti; HU HUN hungary; ID IDN indonesia; IE IRL ireland; IL ISR israel; IM IMN isle of man;
IN IND india; IO IOT british indian ocean territory; IQ IRQ iraq; IR IRN iran; IS ISL iceland;
IT ITA italy; JE JEY jersey; JM JAM jamaica; JO JOR jordan; JP JPN japan; KE KEN kenya; KG KGZ kyrgyzstan;
KH KHM cambodia; KI KIR kiribati; KM COM comoros; KN KNA saint kitts and nevis; KP PRK north korea;
KR KOR south korea; KW KWT kuwait; KY CYM cayman islands; KZ KAZ kazakhstan; LA LAO laos; LB LBN lebanon;
LC LCA saint lucia; LI LIE liechtenstein; LK LKA sri lanka; LR LBR liberia; LS LSO lesotho;
LT LTU lithuania; LU LUX luxembourg; LV LVA latvia; LY LBY libya; MA MAR morocco; MC MCO monaco;
MD MDA moldova; ME MNE montenegro; MF MAF saint martin; MG MDG madagascar; MH MHL marshall islands;
MK MKD north macedonia; ML MLI mali; MM MMR myanmar; MN MNG mongolia; MO MAC macau;
MP MNP northern mariana islands; MQ MTQ martinique; MR MRT mauritania; MS MSR montserrat; MT MLT malta;
MU MUS mauritius; MV MDV maldives; MW MWI malawi; MX MEX mexico; MY MYS malaysia; MZ MOZ mozambique;
NA NAM namibia; NC NCL new caledonia; NE NER niger; NF NFK norfolk island; NG NGA nigeria;
NI NIC nicaragua; NL NLD netherlands; NO NOR norway; NP NPL nepal; NR NRU nauru; NU NIU niue;
NZ NZL new zealand; OM OMN oman; PA PAN panama; PE PER peru; PF PYF french polynesia;
PG PNG papua new guinea; PH PHL philippines; PK PAK pakistan; PL POL poland;
PM SPM saint pierre and miquelon; PN PCN pitcairn islands; PR PRI puerto rico; PS PSE palestine;
PT PRT portugal; PW PLW palau; PY PRY paraguay; QA QAT qatar; RE REU reunion; RO ROU romania;
RS SRB serbia; RU RUS russia; RW RWA rwanda; SA SAU saudi arabia; SB SLB solomon islands;
SC SYC seychelles; SD SDN sudan; SE SWE sweden; SG SGP singapore; SH SHN saint helena; SI SVN slovenia;
SJ SJM svalbard and jan mayen; SK SVK slovakia; SL SLE sierra leone; SM SMR san marino; SN SEN senegal;
SO SOM somalia; SR SUR suriname; SS SSD south sudan; ST STP sao tome and principe; SV SLV el salvador;
SX SXM sint maarten; SY SYR syria; SZ SZW eswatini; TC TCA turks and caicos islands; TD TCD chad;
TF ATF french southern territories; TG TGO togo; TH THA thailand; TJ TJK tajikistan; TK TKL tokelau;
TL TLS timor leste; TM TKM turkmenistan; TN TUN tunisia; TO TON tonga; TR TUR turkey;
TT TTO trinidad and tobago; TV TUV tuvalu; TW TWN taiwan; TZ TZA tanzania; UA UKR ukraine; UG UGA uganda;
UM UMI united states minor outlying islands; US USA united states; UY URY uruguay; UZ UZB uzbekistan;
VA VAT vatican city; VC VCT saint vincent and the grenadines; VE VEN venezuela;
VG VGB british virgin islands; VI VIR united states virgin islands; VN VNM vietnam; VU VTU vanuatu;
WF WLF wallis and futuna; WS WSM samoa; XK XKK kosovo; YE YEM yemen; YT MYT mayotte; ZA ZAF south africa;
ZM ZMB zambia; ZW ZWE zimbabwe
"""
"""ISO 3166-1: two letters, three letters, the usual English name; XK is Kosovo's user-assigned code."""

ALIASES: Final = {
    "america": "US",
    "u s": "US",
    "u s a": "US",
    "united states of america": "US",
    "uk": "GB",
    "u k": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "nederland": "NL",
    "deutschland": "DE",
    "allemagne": "DE",
    "espana": "ES",
    "brasil": "BR",
    "italia": "IT",
    "osterreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
    "svizzera": "CH",
    "belgie": "BE",
    "belgique": "BE",
    "danmark": "DK",
    "sverige": "SE",
    "norge": "NO",
    "suomi": "FI",
    "polska": "PL",
    "czech republic": "CZ",
    "turkiye": "TR",
    "cote d ivoire": "CI",
    "cape verde": "CV",
    "swaziland": "SZ",
    "burma": "MM",
    "east timor": "TL",
    "macedonia": "MK",
    "korea": "KR",
    "republic of korea": "KR",
    "viet nam": "VN",
    "russian federation": "RU",
    "uae": "AE",
    "emirates": "AE",
    "macao": "MO",
    "vatican": "VA",
    "drc": "CD",
    "republic of the congo": "CG",
    "mexique": "MX",
    "nippon": "JP",
    "el": "GR",
}
"""What else people write. "EL" is the European Union's own code for Greece."""


@lru_cache(maxsize=1024)  # There are not many ways to write the countries that people come from.
def country_code(written: str) -> str | None:
    """The ISO 3166-1 alpha-2 code that `written` means, or None if we do not know it."""
    return _codes().get(_plain(written))


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes = dict(ALIASES)
    for row in COUNTRIES.replace("\n", " ").split(";"):
        two, three, name = row.split(maxsplit=2)
        codes |= {two.lower(): two, three.lower(): two, _plain(name): two}
    return codes


def _plain(written: str) -> str:
    """Without accents, case, punctuation and a leading "the": how two spellings of one name meet."""
    letters = (c for c in unicodedata.normalize("NFKD", written.casefold()) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in letters).split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)
