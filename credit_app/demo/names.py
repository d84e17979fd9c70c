"""What things are called in the demonstration city. All invented; no pupil, school or venue of this world is meant."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
    "余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯"
    "龙史陶黎贺顾毛郝龚邵万钱严"
)
GIVEN_FIRST = "子雨思梓一欣浩嘉诗宇佳俊晨文明天若语泽奕书安沐景乐亦知星云清昊承卓睿锦芷可启"
GIVEN_SECOND = "涵轩怡博宁辰萱宸琪瑶然航妍阳洋帆悦彤杰霖琳楠铭宁睿媛溪希远扬昕玥衡禾舟"

DISTRICTS = (("jiangwan", "江湾区"), ("beiling", "北岭区"))


@dataclass(frozen=True)
class SchoolPlan:
    """A school to be built: grades with classes a grade and pupils a class."""

    code: str
    name: str
    district: str
    grades: range
    classes_a_grade: int
    pupils_a_class: int


SCHOOLS = (
    SchoolPlan("jw-shiyan", "江湾实验学校", "jiangwan", range(1, 10), 1, 22),
    SchoolPlan("jw-1x", "江湾区第一小学", "jiangwan", range(1, 7), 1, 34),
    SchoolPlan("jw-yz", "江湾育知中学", "jiangwan", range(7, 10), 3, 22),
    SchoolPlan("bl-shiyan", "北岭实验学校", "beiling", range(1, 10), 1, 22),
    SchoolPlan("bl-shanjiao", "北岭区山脚小学", "beiling", range(1, 7), 1, 34),
    SchoolPlan("bl-2z", "北岭区第二中学", "beiling", range(7, 10), 3, 22),
)
DEMO_SCHOOL = "jw-shiyan"
DEMO_GRADE = 5


@dataclass(frozen=True)
class VenuePlan:
    """A venue to be built; `head` is the name of its head venue."""

    name: str
    district: str
    kind: str
    tier: str
    address: str
    head: str | None = None


VENUES = (
    VenuePlan("云州科学技术馆", "jiangwan", "science_museum", "lead", "江湾区滨江大道 88 号"),
    VenuePlan("云州自然博物馆", "beiling", "natural_history", "lead", "北岭区山前路 6 号"),
    VenuePlan("江湾天文馆", "jiangwan", "planetarium", "backbone", "江湾区望星路 19 号", "云州科学技术馆"),
    VenuePlan("云州植物园科普馆", "beiling", "botanical", "backbone", "北岭区林荫路 1 号", "云州自然博物馆"),
    VenuePlan("江湾水务科普馆", "jiangwan", "industry", "backbone", "江湾区清水街 40 号"),
    VenuePlan("北岭地质公园科普中心", "beiling", "natural_history", "backbone", "北岭区石门沟", "云州自然博物馆"),
    VenuePlan("江湾社区科普馆", "jiangwan", "community", "grassroots", "江湾区和平里 12 号", "云州科学技术馆"),
    VenuePlan("轨道交通科普基地", "jiangwan", "industry", "grassroots", "江湾区车辆段路 3 号"),
    VenuePlan("海洋实验室开放站", "jiangwan", "laboratory", "grassroots", "江湾区东港 5 号"),
    VenuePlan("北岭社区科普馆", "beiling", "community", "grassroots", "北岭区东风巷 7 号", "云州自然博物馆"),
    VenuePlan("北岭气象站", "beiling", "laboratory", "grassroots", "北岭区高台路 2 号"),
    VenuePlan("农业科技园开放站", "beiling", "industry", "grassroots", "北岭区稻香路 30 号"),
)
DEMO_VENUE = "云州科学技术馆"


@dataclass(frozen=True)
class ActivityPlan:
    """An activity to be offered; `minutes` is the planned length of each occurrence."""

    title: str
    category: str
    summary: str
    minutes: int
    grades: tuple[int, int] = (1, 9)


# One visit for each venue, then courses and lectures in turn; with the schools' own clubs about forty.
VISIT = "{venue}自由参观"
VISIT_SUMMARY = "常设展厅开放参观。入口签到，出口签退；请跟随导览路线，爱护展品。"
COURSES = (
    ActivityPlan("动手做一台净水器", "inquiry_course", "用砂石、活性炭和棉布做过滤实验，比较前后水质。", 120, (3, 9)),
    ActivityPlan("影子有多长", "inquiry_course", "用日晷和直尺记录影子，推算太阳的高度。", 90, (2, 6)),
    ActivityPlan("叶片里的颜色", "inquiry_course", "用滤纸分离叶片色素，看看秋天的叶子为什么变红。", 120, (4, 9)),
    ActivityPlan("桥为什么不会塌", "inquiry_course", "用纸和冰棒棍造桥，比一比谁的桥承重更大。", 120, (3, 8)),
    ActivityPlan("岩石会说话", "inquiry_course", "在放大镜下认识三大类岩石，画出它们的身世。", 90, (3, 7)),
    ActivityPlan("种子怎样旅行", "inquiry_course", "收集身边的种子，实验它们靠风、靠水还是靠动物传播。", 90, (1, 4)),
    ActivityPlan("看懂一张天气图", "inquiry_course", "读懂等压线与锋面，预报明天的天气。", 120, (5, 9)),
    ActivityPlan("列车怎样停得稳", "inquiry_course", "用小车和斜坡研究摩擦与制动距离。", 90, (5, 9)),
)
LECTURES = (
    ActivityPlan("海洋为什么是蓝的", "lecture", "海洋光学研究者讲光在水中的旅程。", 90),
    ActivityPlan("从火种到核聚变", "lecture", "人类用能的故事。", 90, (4, 9)),
    ActivityPlan("和恐龙一起生活的小动物", "lecture", "化石里的早期哺乳动物。", 60),
    ActivityPlan("北斗怎样找到你", "lecture", "卫星导航是怎样算出位置的。", 90, (5, 9)),
    ActivityPlan("显微镜下的一滴水", "lecture", "一滴池水里的微小世界。", 60, (1, 6)),
    ActivityPlan("台风是怎么来的", "lecture", "预报员讲台风的一生。", 90),
)
CLUB = ActivityPlan("校园科技节", "club_festival", "各班展示小制作、小实验，人人动手。", 180)
OPEN_DAY_TITLE = "今日开放日（演示）"
OPEN_DAY_SUMMARY = "为演示准备的场次，现在就可以打开签到屏、扫码签到。"


def person_name(random: Random) -> str:
    """An invented Chinese name of two or three characters."""
    given = random.choice(GIVEN_FIRST)
    if random.random() < 0.85:
        given += random.choice(GIVEN_SECOND)
    return random.choice(SURNAMES) + given


def class_name(grade: int, number: int) -> str:
    """``五年级(2)班``."""
    return f"{'一二三四五六七八九'[grade - 1]}年级({number})班"
