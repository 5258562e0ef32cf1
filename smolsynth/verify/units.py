"""Units: what they measure, and how much of the basic unit one of them is."""

from fractions import Fraction as F

# What is measured -> (names: how many of the first one's unit). Names may stand in several rows.
_TABLE: dict[str, dict[str, str]] = {
    "length": {
        "m metre metres meter meters 米": "1",
        "mm millimetre millimetres millimeter millimeters 毫米": "0.001",
        "cm centimetre centimetres centimeter centimeters 厘米 公分": "0.01",
        "dm decimetre decimetres 分米": "0.1",
        "km kilometre kilometres kilometer kilometers 千米 公里": "1000",
        "里": "500",
        "in inch inches 英寸": "0.0254",
        "ft foot feet 英尺": "0.3048",
        "yd yard yards 码": "0.9144",
        "mi mile miles 英里": "1609.344",
    },
    "mass": {
        "g gram grams 克": "1",
        "mg milligram milligrams 毫克": "0.001",
        "kg kilo kilos kilogram kilograms 千克 公斤": "1000",
        "t ton tons tonne tonnes 吨": "1000000",
        "斤": "500",
        "两": "50",
        "oz ounce ounces 盎司": "28.349523125",
        "lb lbs pound pounds 磅": "453.59237",
    },
    "time": {
        "s sec secs second seconds 秒 秒钟": "1",
        "min mins minute minutes 分 分钟": "60",
        "h hr hrs hour hours 时 小时 个小时 钟头 个钟头": "3600",
        "d day days 天 日": "86400",
        "week weeks 周 星期 个星期": "604800",
    },
    "months": {"month months 月 个月": "1", "year years yr yrs 年": "12"},
    "volume": {
        "L l litre litres liter liters 升": "1",
        "ml mL millilitre millilitres milliliter milliliters 毫升": "0.001",
        "m^3 m3 立方米": "1000",
        "cm^3 cm3 立方厘米": "0.001",
    },
    "area": {
        "m^2 m2 平方米": "1",
        "cm^2 cm2 平方厘米": "0.0001",
        "dm^2 平方分米": "0.01",
        "km^2 km2 平方千米 平方公里": "1000000",
        "ha hectare hectares 公顷": "10000",
        "亩": "2000/3",
    },
    "speed": {
        "m/s 米/秒 米每秒": "1",
        "km/h kph 千米/时 千米/小时 公里/小时 公里/时 千米每小时 公里每小时": "1/3.6",
        "mph": "0.44704",
    },
    "yuan": {
        "yuan RMB CNY 元 块 块钱 圆 人民币": "1",
        "jiao 角 毛": "0.1",
        "fen 分 分钱": "0.01",
    },
    "dollars": {"dollar dollars USD usd $ 美元 美金": "1", "cent cents ¢ 美分": "0.01"},
    "euros": {"euro euros EUR € 欧元": "1", "cent cents 欧分": "0.01"},
    "pounds": {"£ GBP pound pounds 英镑": "1", "p pence penny 便士": "0.01"},
    "celsius": {"°C ℃ celsius 摄氏度": "1", "度": "1"},
    "angle": {"° degree degrees 度": "1"},
    "share": {"% percent per cent pct": "0.01", "‰": "0.001"},
}


def _ratio(text: str) -> F:
    over, _, under = text.partition("/")
    return F(over) / F(under or "1")


UNITS: dict[str, dict[str, F]] = {}  # name -> what it measures -> how many basic units
for _measured, _rows in _TABLE.items():
    for _names, _factor in _rows.items():
        for _name in _names.split():
            UNITS.setdefault(_name, {})[_measured] = _ratio(_factor)
del UNITS["per"]
MONEY_SIGNS = {"$": "$", "US$": "$", "¥": "元", "€": "€", "£": "£"}
