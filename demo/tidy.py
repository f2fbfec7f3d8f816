"""Turns the till's names into names for people: "FRZN BRD STICK/PORTON" -> "Frozen breaded sticks or portions".

Rules only, no invention: a name says no more than its source. names.toml overrides what rules cannot mend.
Names stay English, as the source is. What this cannot do: tell apart two products that the source describes alike.
"""

import re

# Prefixes of the source's departments, written before the thing itself.
PREFIXES = [
    (r"^SW GDS: ?", ""), (r"^SV BEV: ?", ""), (r"^COFF(EE)? SHOP: ?", ""), (r"^PREP (FD|FOODS): ?", ""),
    (r"^QSR (FD: )?", ""), (r"^DL SPEC: ?", ""), (r"^SAL: ?", ""), (r"^SALAD: ?", ""), (r"^MISC: ?", ""),
    (r"^CHIX: ?", "CHICKEN "), (r"^DELI TRAY: ?", "PARTY TRAY "), (r"^PARTY TRAYS: ?", "PARTY TRAY "),
    (r"^MEAT: ?", ""), (r"^JHOOK - ", ""), (r"^SEAFOOD-FRZ-", "FRZN "), (r"^SEAFOOD-FRE-", "FRESH "),
    (r"^SEAFOOD-MISC-", "SEAFOOD "), (r"^MEAT-MISC-", "MEAT "), (r"^DAIRY CASE ", "CHILLED "), (r"^FM-", "FAN WEAR "),
    (r"^NUT SUPP-", "SUPPLEMENT "), (r"^BREAD:", "BREAD "), (r"^CHEESE: ?", "CHEESE "), (r"^SNACKS: ?", "SNACKS "),
]

# Abbreviations of the till, whole words only.
WORDS = dict(
    line.split("=", 1)
    for line in """
ACC=accessories|ACCESS=accessories|ACCESSIORES=accessories|ACCSS=accessories|ALCOHLIC=alcoholic|ANK=anklets|APPL=appliances|ASCEPTIC=aseptic
ASPT=aseptic|BA=bags|BDY=body|BEERALE=beer or ale|BEERALEMALT=beer, ale, malt|BEV=beverages|BEVERAG=beverages|BG=bags|BKD=baked|BKNGWARES=bakeware
BLUBLKRASP=blueberries, blackberries, raspberries|BLY=belly|BN=beans|BNDGES=bandages|BR=bread|BRD=breaded|BRDS=boards|BRKFST=breakfast|BRSKT=brisket
BRST=breast|BTH=bath|BTL=bottle|BTLS=bottles|BTR=butter|BTY=beauty|CAL=calluses|CALC=calculators|CAR=carbonated|CARB=carbonated|CARPT=carpet
CATFD=cat food|CHICK=chicken|CHIX=chicken|CHOC=chocolate|CHOCOCLATE=chocolate|CHOCOL=chocolate|CHOCOLA=chocolate|CHP=chops|CHS=cheese|CIG=cigarette
CILANTO=cilantro|CKE=cake|CKTLS=cocktails|CKYS=cookies|CLEANE=cleaners|CLEANG=cleaning|CLOT=cloths|CLU=club|CND=canned|CNDLES=candles|CNDY=candy
CNTRL=control|COFF=coffee|COMBIN=combinations|CONC=concentrate|CONTAINR=containers|COOKI=cookies|COOKNG=cooking|CRABETC=crab etc.|CRACKE=crackers
CRBNTD=carbonated|CRKR=crackers|CRMD=creamed|CRSTDAS=crostatas|CRYSTL=crystal|CV=covers|DAN=Danish pastries|DECAFFINATED=decaffeinated|DEOD=deodorant
DEPT=department|DESE=|DETE=detergents|DIPILATORIES=depilatories|DISPOSIBLE=disposable|DL=deli|DNR=dinner|DNRS=dinners|DOGFD=dog food|DPS=dips
DRG=drug|DRNK=drinks|DRNKING=drinking|DRNKNG=drinking|DRNKS=drinks|DRP=drops|DRSNG=dressing|DSH=dishes|DSS=desserts|EL=electric|ELSTC=elastic
ENG=English|ETC=etc.|EXCH=exchange|FD=food|FDS=foods|FASH=fashion|FEM=feminine|FLAV=flavoured|FLNK=flank|FLOURSCENT=fluorescent|FLV=flavoured
FLVR=flavoured|FLVRD=flavoured|FRD=fried|FRE=fresh|FRK=drinks|FRY=frying|FRZ=frozen|FRZN=frozen|GDS=goods|GERBS=gerberas|GNGR=ginger|GNG=ginger
GOL=|GRA=gravy|GRAPESFIGSE=grapes, figs etc.|GRND=ground|GRINDS=minced|HALLOWEN=Halloween|HANDKE=handkerchiefs|HBC=care|HNGRS=hangers
HOLDIAY=holiday|HORSER=horseradish|HORSERADISH=horseradish|HT=hand towels|HYDROCORTIZONE=hydrocortisone|HYGN=hygiene|INCL=including|INCLUDI=including
INDR=indoor|INF=infant|INGRED=ingredients|JARSLIDSUTENSILSMIS=jars, lids, utensils|JCE=juice|JUIC=juice|KABOBS=kebabs|KRAUT=sauerkraut|LAY=layers
LINAMENTS=liniments|LIQ=liquid|LIQS=liquids|LNCHMT=lunch meat|LNDRY=laundry|LOAVE=loaves|LOZNG=lozenges|LRG=large|LSS=less|LTR=lighter|LUNCHMEAT=lunch meat
MACH=machine|MARIN=marinades|MARINAD=marinades|MASSGRS=massagers|MAY=mayonnaise|MEDICATE=medicated|MEMORABLILIA=memorabilia|MERCH=merchandise|MESSA=massage
MFG=manufacturer|MINWTR=mineral water|MISC=assorted|MISCELLANEOUS=assorted|MIXS=mixes|MLK=milk|MLT=multi|MNERAL=mineral|MNR=mineral|MNRL=mineral
MTL=metal|MULT=multi|MUST=mustard|MUSTAR=mustard|MW=microwave|MXS=mixes|NAT=natural|NATRL=natural|NDAIRY=non-dairy|NTRTNL=nutritional|NUT=nut|OCCAS=occasions
OFFALS=offal|ORGNZRS=organisers|ORG=organisers|OTC=over the counter|OTH=other|OTYHER=other|PAC=pack|PERSNL=personal|PHYSICANS=Physicians|PICAN=picante|PK=pack
PKG=packed|PKGD=packaged|PKLD=pickled|PICKLD=pickled|PICKLS=pickles|PLSTC=plastic|PLT=plate|PNCH=punch|PNT=peanut|PNUT=peanut|POINSETTA=poinsettia|PORTON=portions
PPK=prepacked|PREM=premium|PREPACK=prepacked|PREPORTND=portioned|PRESLC=sliced|PRESLCD=sliced|PRESHCOOL=preschool|PRO=|PRODU=products|PRODUC=products|PROM=promotion
PROO=|PROTIEN=protein|PRPCK=prepacked|PRSLC=sliced|PTTY=patties|PUR=|PWDR=powder|PWDRS=powders|RANIER=Rainier|RBR=rubber|RECHARABLE=rechargeable
REFIGERATED=chilled|REFRGRATD=chilled|REFRIG=chilled|REFRIGERATED=chilled|REG=regular|RETL=retail|RTD=ready-to-drink|RTS=ready-to-serve|RW=by weight|SALD=salad|SANDWIC=sandwiches
SAUS=sausage|SAUCESSALSAPICANTEE=sauces, salsa, picante|SCE=sauce|SEAFD=seafood|SEASO=seasonings|SECT=segments|SFT=soft|SGL=single|SH=sheets|SHERBTS=sherbets
SHLDR=shoulder|SHLFSH=shellfish|SHNK=shank|SLC=sliced|SLD=salad|SMI=semi|SNDWCH=sandwich|SNGL=single|SNKS=snacks|SNSL=seasonal|SOULABLE=soluble
SPEC=specialties|SPECILATY=specialty|SPHE=|SPICESSALSAPICKLING=spices, salsa, pickling|SPLY=supplies|SPRD=spreads|SPT=sports|SRV=serve|SS=single-serve|STK=steaks|STRP=strips
STW=stew|SUADE=suede|SUG=sugar|SUP=super|SUPP=supplement|SUPPPLIES=supplies|SUPRT=support|SV=serve|SW=sweet|SWE=sweetened|SWEE=sweetened|SWEETEN=sweetener|SWIN=swimming
SWT=sweet|SYRNGS=syringes|SYRP=syrup|TISS=tissues|TN=Tennessee|TODD=toddler|TORT=tortilla|TRAD=traditional|TRADITIONA=traditional|TRAI=trail mix|TRAN=transactions
TRANS=transactions|TRSH=trash|UNDERGARMEN=undergarments|UNSWE=unsweetened|VAC=vacuum|VAL=value|VEG=vegetable|VEND=vending|WASTECANS=waste bins|WAT=water|WATE=water
WH=whole|WHL=whole|WHLSM=wholesome|WORCHESTER=Worcester|WRA=wraps|WT=weight|WTR=water|XMAS=Christmas|XPCTRNT=expectorants|YNG=young|FS=French style
CONTROL=control|OV=over|OVE=over|CANOLA=canola|ALLIEDS=other|DELUXE=de luxe|GM=general|HH=hand-held|IQF=|EW=|CB=consumer bunch|NT=|F=|BTY=beauty|PSE=|DXM=
RD=red|PT=pint|PERMEABLE=permeable|COLORING=colouring|FLAVORED=flavoured|UNFLAVORED=unflavoured|COLOR=colour|GRAY=grey|YOGURT=yoghurt|CATSUP=ketchup|DONUTS=doughnuts
""".strip().replace("\n", "|").split("|")
)

PROPER = {
    w.upper(): w
    for w in """Almay American Angus Anjou Asian Australian Bartlett Bavarian Belgian Bosc Braeburn British Calgon Canadian Caribbean Christmas Cornish Coty Danish Dutch DVD DVDs
    Easter English Fisher French Fuji Gala German Gouda Granny Greek Hanes Hasbro Halloween Hawaiian Hispanic Indian Irish Italian Japanese Kodak Levi Maybelline Mediterranean Mexican
    Nerf NFL MLB Revlon Roma Russet Scotch Sinclair Smith Spanish Swiss Thai Turkish TV Valentine Vienna VHS CD BBQ OJ SPF Hansen Sally Barbie Peyton Covergirl Rainier
    Worcester Tennessee Physicians Oriental Mardi Neoteric NZ""".split()
}

DROPPED = {"STOCKED", "CONTINUITY:", "(EXACT", "EXACT"}
# In brackets at the end the source mostly lists brands or tax classes; these few tell a customer something.
KEPT_BRACKETS = {"HOT": "hot", "COLD": "cold", "OUTDOOR": "outdoor", "BLOOMING": "in bloom", "MULTI PACK": "multi-pack", "SINGLES": "single", "CANS": "in tins"}


class Tidy:
    """Knows the words that occur whole, so that a name cut off at 30 characters can be mended or shortened."""

    def __init__(self, overrides, heads, corpus):
        self.overrides, self.heads = overrides, heads
        self.whole = set(WORDS) | set(PROPER)
        for text in corpus:
            words = re.findall(r"[A-Z']+", text)
            self.whole.update(words if len(text) < 30 else words[:-1])

    def mended(self, text):
        """The text without the word that the source cut off, or with that word completed where only one fits."""
        if len(text) < 30 or not (last := re.search(r"[A-Z']+$", text)) or last.group() in self.whole:
            return text
        fits = [w for w in self.whole if w.startswith(last.group())] if len(last.group()) > 3 else []
        return text[: last.start()] + (fits[0] if len(fits) == 1 else "")

    def phrase(self, text):
        """One of the source's texts as an English phrase in sentence case."""
        if text in self.overrides:
            return self.overrides[text]
        text = self.mended(re.sub(r"\s+", " ", text.strip()))
        for pattern, into in PREFIXES:
            text = re.sub(pattern, into, text)
        text = re.sub(r"([A-Z])-MAGAZINE\b", r"\1 MAGAZINE", text)
        text = re.sub(r"\b(WOMEN|CHILDREN|MEN) S\b", r"\1'S", text)
        text = re.sub(r"\b(?!NON|MULTI|ALL|POST|SELF|PRE|ANTI|GIFT|READY)([A-Z]{3,})-([A-Z]{3,})", r"\1, \2", text)
        text = re.sub(r"\bN/CARB\b", "STILL", text)
        text = re.sub(r"\bN/A\b", "", text)
        text = re.sub(r"\bW/O\b", "WITHOUT ", text)
        text = re.sub(r"\bW/", "WITH ", text)
        text = re.sub(r"\bN/", "NO ", text)
        tail = []
        for inner in re.findall(r"\(([^()]*)\)?", text):
            if inner in KEPT_BRACKETS:
                tail.append(KEPT_BRACKETS[inner])
        text = re.sub(r"\([^()]*\)?", " ", text)
        text = re.sub(r"\s*(,|\s-\s|:|-\s|\s-)\s*", ", ", text)
        text = re.sub(r"\s*&\s*", " and ", text)
        text = " ".join(self.word(w) for w in re.split(r"\s+", self.listed(text)) if w)
        text = re.sub(r"\s+,", ",", re.sub(r"(,\s*)+", ", ", text)).strip(" ,/.-")
        text = re.sub(r"(\b(or|and|with|without|no|less than|less|in|all others?|all)\b[ ,]*)+$", "", text).strip(" ,")
        text = ", ".join([text] + tail) if tail else text
        return text[:1].upper() + text[1:]

    @staticmethod
    def listed(text):
        """A/B/C -> A, B or C, within each comma's part."""
        parts = []
        for part in text.split(", "):
            alternatives = [a.strip() for a in part.split("/") if a.strip()]
            parts.append(" or ".join([", ".join(alternatives[:-1]), alternatives[-1]]) if len(alternatives) > 1 else part)
        return ", ".join(parts)

    @staticmethod
    def word(word):
        bare, end = (word[:-1], word[-1]) if word.endswith((",", ".")) else (word, "")
        if bare in ("MISC", "MISC.", "FEM") and end == ".":
            end = ""
        if bare.upper() in DROPPED:
            return end
        if bare in WORDS:
            return WORDS[bare] + end
        if bare.upper() in PROPER:
            return PROPER[bare.upper()] + end
        if "-" in bare:
            return "-".join(Tidy.word(w) for w in bare.split("-")) + end
        return bare.lower() + end

    def product(self, category, kind):
        """The name of a product of this category and type: the type, led by its category where it says too little alone."""
        if f"{category} / {kind}" in self.overrides:
            return self.overrides[f"{category} / {kind}"]
        name = self.phrase(kind)
        head = self.heads.get(category)
        if head and kind not in self.overrides and not set(re.findall(r"\w{4,}", head.lower().rstrip("s"))) & {w.rstrip("s") for w in re.findall(r"\w{4,}", name.lower())}:
            rest = name if name.split(" ")[0].strip(",").upper() in PROPER else name[:1].lower() + name[1:]
            name = f"{head}, {rest}"
        return name


UNITS = {"OZ": "oz", "OZS": "oz", "OZ.": "oz", "Z": "oz", "LB": "lb", "LBS": "lb", "CT": "pieces", "PC": "pieces", "ML": "ml", "L": "l", "L*": "l", "LRT": "l", "LTR": "l", "PK": "pack", "PCK": "pack",
         "QT": "quart", "PT": "pint", "GAL": "gallon", "GA": "gallon", "IN": "inch", "FT": "ft", "SQ": "sq", "FL": "fl", "CTN": "carton", "DZ": "dozen", "DOZ": "dozen", "STEM": "stems", "STEMS": "stems",
         "LOAD": "loads", "LOADS": "loads", "LD": "loads", "LDS": "loads", "BTL": "bottle", "CAN": "can", "EACH": "each", "EA": "each", "CUP": "cup", "CP": "cup", "G": "g", "GM": "g", "GR": "g", "CM": "cm", "MM": "mm",
         "YD": "yd", "KIT": "kit", "MED": "medium", "SZ": "size", "X": "x", "BAG": "bag", "BOX": "box", "JAR": "jar", "TUBE": "tube", "ROLL": "roll", "PR": "pair"}


def size(text, loose=False):
    """"6 PK 8 OZ" -> "6-pack, 8 oz"; empty where the source says nothing that a customer can read.

    `loose` goods are sold by the piece or the pound, and what the source calls their size is often that of the crate.
    """
    if not isinstance(text, str):
        return ""
    text = re.sub(r"\s+", " ", re.sub(r"\([^()]*\)?", " ", text.upper())).strip()
    text = re.sub(r"(\d)([A-Z])", r"\1 \2", text)
    text = re.sub(r"^(P|N|R|D|B|AB|ALL) (?=[\d.]+ (OZ|CT))", "", text)
    text = re.sub(r"(?<!\d)\.(?=\d)", "0.", text)
    text = re.sub(r"(\d+\.\d*?)0+(?=\D|$)", r"\1", text)
    text = re.sub(r"(\d+)\.(?=\D|$)", r"\1", text)
    # "6/3.5 OZ" is six of 3.5; "8 1/2 OZ" and "3/4 OZ" are fractions.
    text = re.sub(r"(?<![\d. ])(\d+) ?/ ?(?!(?:2|4|8|16)\b(?!\.))([\d.]+) ", r"\1 x \2 ", text)
    words = re.sub(r"(?<=[A-Z])\s*/\s*", " / ", text).split()
    out = " ".join(UNITS.get(w.strip("."), w.lower()) for w in words)
    out = re.sub(r"(?<![\d./])1 pieces\b", "1 piece", out)
    out = re.sub(r"(\d) pack\b", r"\1-pack", out)
    out = re.sub(r"(pack|pieces) (?=\d)", r"\1, ", out)
    crate = loose and ((m := re.search(r"(\d+)(?:\.\d+)? (pieces|lb)", out)) and int(m.group(1)) > (12 if m.group(2) == "pieces" else 10))
    return "" if crate or not re.search(r"[a-z]", out) else out
