# Mijn gegevens.
home-title = Mijn gegevens
home-heading = { $kinds ->
    [0] { $paused ->
        [0] We hebben nu <strong>geen gegevens</strong> van je.
        [one] We hebben nu <strong>1 soort gegevens</strong> van je. Die staat stil.
       *[other] We hebben nu <strong>{ $paused } soorten gegevens</strong> van je. Die staan stil.
    }
    [one] We gebruiken nu <strong>1 soort gegevens</strong> van je.{ $paused ->
        [0] {""}
        [one] {" "}<strong>1 andere</strong> staat stil.
       *[other] {" "}<strong>{ $paused } andere</strong> staan stil.
    }
   *[other] We gebruiken nu <strong>{ $kinds } soorten gegevens</strong> van je.{ $paused ->
        [0] {""}
        [one] {" "}<strong>1 andere</strong> staat stil.
       *[other] {" "}<strong>{ $paused } andere</strong> staan stil.
    }
} { $companies ->
    [0] <strong>Geen ander bedrijf</strong> mag er iets van gebruiken.
    [one] <strong>1 ander bedrijf</strong> mag er { $still ->
        [yes] nog iets van bewaren
       *[no] iets van gebruiken
    }: { $names }.
   *[other] <strong>{ $companies } andere bedrijven</strong> mogen er { $still ->
        [yes] nog iets van bewaren
       *[no] iets van gebruiken
    }: { $names }.
}
home-heading-paused = <strong>Alles staat stil.</strong> We bewaren wat we van je hebben en gebruiken het niet, behalve voor { $except }{ $count ->
    [0] .
   *[other] , en voor waar je daarna ja tegen zei: { $names }.
}{ $told ->
    [0] {""}
   *[other] {" "}Wat je daarna vertelde, mag wel gebruikt worden: { $items }.
}
home-unpause = Weer gebruiken
home-unpause-some = Bekijk wat stilstaat
home-lead-known = Je bent hier als klant nr. { $number }. Jij bepaalt wat mag, en hoe lang.
home-lead-anonymous = We weten niet wie je bent. Wat je hier kiest, geldt voor dit apparaat. Jij bepaalt wat mag, en hoe lang.
home-ended = Op { $day } veranderden we iets aan “{ $purpose }”. Je ja stopte toen.
home-ended-guarded = Op { $day } veranderden we iets aan “{ $purpose }”. Het ja van je ouder of voogd stopte toen.
home-ended-both = Op { $day } veranderden we iets aan “{ $purpose }”. Je ja stopte toen. Wat je ervoor vertelde ook: { $items }.
home-ended-told = Op { $day } veranderden we iets aan “{ $purpose }”. Wat je ervoor vertelde, stopte toen: { $items }.
home-ended-go = Bekijk wat er anders is
home-dropped = Op { $day } zijn we gestopt met “{ $purpose }”.
home-dropped-yes = Je ja daarvoor stopte toen.
home-dropped-told = Wat je ervoor vertelde, gebruiken we niet meer: { $items }.
home-dropped-go = Bekijk je tijdlijn
home-on = Wat nu aan staat
home-nothing-on = Er staat niets extra’s aan
home-nothing-on-text = De winkel werkt gewoon. Je ziet populaire producten. Wil je iets toestaan, kies dan hieronder, voor zo lang als je wilt.
home-more = { $count ->
    [one] Nog 1 toestemming
   *[other] Nog { $count } toestemmingen
}
home-could = Nog niet toegestaan
home-could-text = Zeg ja of nee, per doel. Je kunt het later altijd veranderen.
home-could-more = { $count ->
    [one] Nog 1 doel
   *[other] Nog { $count } doelen
}
home-refused = Daar zei je nee tegen
home-refused-text = Dit gebruiken we niet. We vragen het niet opnieuw.
home-refused-told = Alleen wat je er zelf voor vertelde wel: { $items }.
home-refused-change = Toch bekijken
home-presets = In één keer kiezen
home-presets-text = Je ziet eerst wat er verandert. Daarna sla je het op.
preset-nothing = Niets extra’s
preset-nothing-text = Alleen wat nodig is voor je bestelling of de wet.
preset-visit = Alleen dit bezoek
preset-visit-text = Tips zolang je nu in de winkel bent. Daarna stopt alles.
preset-own = Zelf kiezen
preset-own-text = Per doel ja of nee, en hoe lang.
preset-nothing-lead = Alles wat je toestond, stopt. Dit verandert er:
preset-visit-lead = Tips alleen zolang je nu in de winkel bent. Dit verandert er:
preset-own-lead = Hieronder staat alles wat je kunt toestaan. Er verandert niets voordat je per doel kiest.
preset-no-change = Er verandert niets. Het stond al zo.
preset-save = Opslaan
preset-own-go = Ga kiezen
preset-saved-nothing = Opgeslagen. Er staat niets extra’s meer aan.
preset-saved-visit = Opgeslagen. Tips mogen tijdens dit bezoek. Daarna stopt het vanzelf.
change-stops = Stopt nu.
change-stops-device = Stopt nu. Dit koos je op dit apparaat.
now-on = Staat nu aan.
now-off = Staat nu uit.
change-visit = Mag tijdens dit bezoek. Daarna stopt het vanzelf.
leave-as-is = Laat zoals het is
home-have = Wat we van je hebben
home-have-nothing = We hebben nog niets van je bewaard.
home-have-newest = nieuwste: { $day }
download = Download
download-text = Alles wat we van je hebben, in één bestand.
download-file = mijn-gegevens
download-automated = Onze tips kiest een computer. Hij telt wat vaak samen gekocht wordt, en gaat af op wat jij kocht, bekeek en zelf vertelde, zover je dat toestaat. Er wordt niets belangrijks over je mee besloten.
download-visit-kept = alleen in het geheugen
stop-all = Stop alles
stop-all-text = Alle toestemmingen in één keer uit.
erase = Wis mijn gegevens
erase-text = Je leest eerst wat weggaat en wat blijft.
home-unless = Dit doen we, tenzij je nee zegt
home-unless-text = Hier is geen toestemming voor nodig. Nee zeggen mag altijd.
objected = staat uit
object = Zeg nee
object-undo = Mag toch
object-told = Opgeslagen. We doen dit niet meer: “{ $name }”.
object-undone = Opgeslagen. Dit mag weer: “{ $name }”.
object-undone-asks = Opgeslagen. Je nam je nee terug: “{ $name }”. Het mag pas als je ja zegt.
weighing = wordt afgewogen
object-back = Neem het terug
object-weighing-stopped = Opgeslagen. We stoppen hiermee en wegen je bezwaar af: “{ $name }”. Je hoort wat we besluiten.
object-weighing = Opgeslagen. We wegen je bezwaar af en je hoort wat we besluiten. Dit beschermt anderen, dus tot dan gaat het door: “{ $name }”.
home-needed = Nodig voor je bestelling of de wet
home-needed-text = Dit kun je niet uitzetten. We gebruiken het voor niets anders.
basis-law = de wet
basis-order = onze afspraak
stop = Stop
change-length = Langer of korter
how-it-works = Hoe werkt dit?
could-yes = Ja, kies hoe lang
could-no = Nee
could-ended = gestopt op { $day }
could-changed = gestopt op { $day }, want wij veranderden iets
card-from = uit { $categories }
card-held = Staat stil: { $categories }.
tell-why = Waarom?
tell-what = Wat doen we?
tell-who = Wie mag het gebruiken?
tell-until = Tot wanneer?
tell-changes = Wat verandert er als je stopt?
tell-refuse = Wat als je nee zegt?
tell-who-retailer = Alleen { $retailer }.
tell-who-chosen = { $retailer }, en wie jij kiest: { $names }.
tell-who-more = { $retailer }, en ook { $names }.
stopped = Gestopt: “{ $purpose }”. Deze toestemming geldt niet meer.
refused-told = Opgeslagen. Je zei nee tegen “{ $purpose }”. We doen dit niet.
given-stands = Er is nu niets veranderd. Zo staat het: “{ $purpose }”, { $left }.
given-told = Toegestaan: “{ $purpose }”, { $left }.
stopped-told = Wat je ervoor vertelde, gebruiken en delen we niet meer: { $items }.
also-stopped = Er stond niets aan om te stoppen.
longer-not = Er is niets veranderd: dit staat niet meer aan, of staat stil.

ask-title = Hoe lang mag dit?
ask-how-long = Hoe lang mag dit?
ask-how-long-hint = Kies zelf. Er is niets voor je ingevuld, en er verandert pas iets als je hieronder op een knop drukt.
ask-date-label = Tot en met deze datum
ask-which-data = Welke gegevens?
ask-which-data-hint = Wat niet hoeft, staat uit. Zet aan wat je wilt.
ask-needed = Dit hoort er altijd bij.
ask-who = Wie nog meer?
ask-who-hint = Zonder vinkje blijft het bij ons.
ask-who-needed-hint = Zet een vinkje bij wie het mag krijgen. Minstens één is nodig.
ask-where = Waar?
ask-where-hint = Op deze plekken mag het gebruikt worden.
ask-device = Op dit apparaat
ask-device-hint = We weten niet wie je bent. Na dit bezoek herkennen we je alleen met een cookie.
ask-device-yes = Onthoud dit apparaat
ask-device-yes-hint = Eén cookie, zo lang als je hierboven kiest. Hij stopt als jij stopt.
ask-device-missing = Zo lang herkennen we dit apparaat niet zonder cookie. Kies “Dit bezoek”, of zet “Onthoud dit apparaat” aan.
ask-missing = Kies eerst hoe lang dit mag.
permit-changed-title = Wij veranderden iets
permit-changed = Je ja stopte daarom op { $day }. Lees wat er anders is, en kies opnieuw als je wilt.
permit-changed-guarded = Het ja van je ouder of voogd stopte daarom op { $day }. Lees wat er anders is.
permit-changed-before = Eerst
permit-changed-after = Nu
permit-changed-all-longer = We bewaren alles hiervoor langer.
permit-changed-all-shorter = We bewaren alles hiervoor korter.
permit-changed-not = Dat was er niet bij
permit-changed-no-more = Niet meer
permit-changed-told = Wat je hiervoor vertelde, stopte daarom op { $day }. Lees wat er anders is. Je kunt het opnieuw vertellen.
ask-recipient-missing = Kies eerst met wie we mogen delen.
ask-objected = Je zei dat we dit niet mogen doen. Dat blijft zo, tot jij het terugneemt. Daarna kun je kiezen hoe lang het mag.
ask-objected-back = Neem mijn nee terug
ask-date-missing = Kies een datum vanaf morgen, hooguit vijf jaar vooruit.
ask-choose = Kies hoe lang
ask-choose-who = Kies met wie
ask-choose-device = Ga naar “Onthoud dit apparaat”
ask-choose-date = Kies een datum
age-title = Ben je { $years } jaar of ouder?
age-hint = Onder de { $years } kiest een ouder of voogd. We vragen geen geboortedatum en bewaren alleen ja of nee.
age-yes = Ja
age-no = Nee
age-missing = Zeg eerst of je { $years } jaar of ouder bent.
age-answer = Geef antwoord
age-guardian = Onder de { $years }, of met een voogd, kiest je ouder of voogd wat hier aan mag. Dat kan bij de klantenservice. De winkel werkt gewoon.
allow = Toestaan
do-not-allow = Niet toestaan
period-once = Eén keer
period-once-end = Voor de eerstvolgende keer. Daarna is het op.
period-visit = Dit bezoek
period-visit-end = Zolang je nu in de winkel bent.
period-day = 1 dag
period-week = 1 week
period-month = 1 maand
period-date = Tot datum
period-date-end = De hele dag telt nog mee.
period-withdrawn = Tot ik stop
period-withdrawn-end = Je kunt elk moment stoppen.
period-until = tot { $end }
result-moment = Tot { $end }. Daarna stopt het vanzelf.
result-once = Eén keer. Daarna is het op, en stopt het vanzelf.
result-visit = Dit bezoek. Als je weggaat, stopt het vanzelf.
result-withdrawn = Tot jij stopt. Dat kan hier, met één klik.

stop-all-title = Alles stoppen?
stop-all-lead = Al je toestemmingen stoppen meteen. De winkel werkt gewoon door. Je gegevens voor je bestellingen blijven.
stop-all-note = Wat al verstuurd is, kunnen we niet terughalen.
stop-all-yes = Stop alles
stop-all-nothing = Er staat niets aan. Er valt niets te stoppen.
stop-all-done = Gestopt. Geen enkele toestemming staat nog aan.

erase-title = Wis mijn gegevens
erase-lead = Dit kan niet ongedaan worden gemaakt. Lees eerst wat er weggaat en wat er blijft.
erase-goes = Dit gaat weg
erase-goes-count = { $count ->
    [one] 1 gegeven
   *[other] { $count } gegevens
}
erase-goes-choices = Je keuzes
erase-goes-choices-text = Al je toestemmingen en weigeringen.
erase-goes-learned = Wat onze tips van je leerden
erase-goes-learned-text = { $count ->
    [0] We leerden niets van je.
    [one] 1 bezoek. De tips van anderen worden alsof we dat nooit zagen.
   *[other] { $count } bezoeken. De tips van anderen worden alsof we die nooit zagen.
}
erase-stays = Dit blijft
erase-stays-nothing = Niets.
erase-stays-sent = Kreeg eerder gegevens van je. Die kunnen wij niet terughalen.
erase-stays-law = Tot en met { $day }: omdat de wet dat vraagt. Verder gebruiken we het niet.
erase-stays-proof = Tot en met { $day }: als bewijs bij een ruzie voor de rechter. Verder gebruiken we het niet.
erase-sure = Weet je het zeker?
erase-sure-text = Daarna kennen we je niet meer en kun je hier niet meer in.
erase-download-first = Eerst alles downloaden
erase-yes = Wis alles
erase-no = Toch niet
erased-device-only = Wat je op dit apparaat koos, is gewist. Nummer van je verzoek: { $number }. De rest is nog niet gewist. Probeer het opnieuw.
erased-page = Gewist
erased-visit = Van jou was niets bewaard. Wat dit bezoek nog wist, is nu ook weg.
erased-title = Je gegevens zijn gewist.
erased-lead = We kennen je niet meer. De winkel werkt gewoon; je ziet populaire producten.
erased-number = Nummer van je verzoek
erased-number-text = Dit nummer is het enige wat aan je verzoek herinnert. Bewaar het als je er later iets over wilt vragen.

why-page = Waarom zie ik dit?
why-title = Waarom zie ik dit?
why-link = Waarom zie ik dit?
why-often = Je ziet dit omdat je vaker <strong lang="{ $lang }">{ $item }</strong> koopt.
why-bought = Je ziet dit omdat je <strong lang="{ $lang }">{ $item }</strong> kocht.
why-viewed = Je ziet dit omdat je <strong lang="{ $lang }">{ $item }</strong> bekeek.
why-visit = Je ziet dit door wat je in dit bezoek bekeek: <strong lang="{ $lang }">{ $item }</strong>. Dat bewaren we niet.
why-again = Je ziet dit omdat je het vaker koopt.
why-before = Je ziet dit omdat je het eerder kocht.
why-new = Je ziet dit omdat het nieuw is in de winkel. Het past bij een afdeling die in je tips voorkomt.
why-popular = Je ziet dit omdat veel klanten het kopen. We gebruikten niets van jou.
why-not-shown = Dit product lieten we je niet als tip zien. Er is dus niets van jou gebruikt.
why-also = En ook hierdoor:
why-new-switch-off = Wil je geen persoonlijke tips? Bij <a href="/mijn">Mijn gegevens</a> zet je ze uit.
why-step = <b lang="{ $lang }">{ $item }</b> · { $when } · { $category }
why-step-visit = <b lang="{ $lang }">{ $item }</b> · dit bezoek · niet bewaard
why-switch = Mag dit nog: “{ $purpose }”?
why-until = { $left }. Stop je? Dan zie je dit soort tips meteen niet meer.

link-title = Welkom bij Mijn gegevens
link-lead = Met deze knop ga je naar je eigen pagina. De link werkt daarna niet meer.
link-as = Dit is de pagina van klant { $number }.
link-as-nobody = Dit is een pagina zonder klantnummer.
link-leaves = Je bent nu ingelogd als klant { $number }; dat stopt dan.
link-go = Ga verder
signed-out-title = Je bent uitgelogd
signed-out-lead = Tot de volgende keer. Je keuzes blijven zoals je ze liet.
home-lead = Jij bepaalt wat mag, en hoe lang.
device-title = Dit apparaat
device-unknown = We herkennen dit apparaat alleen tijdens dit bezoek. Daarna weten we niet meer wat je koos, tenzij je wilt dat we het onthouden.
device-known = We herkennen dit apparaat aan één cookie: { $left }. Stop je dat, dan stopt ook alles wat je hier toestond.
device-known-always = We herkennen dit apparaat aan één cookie, tot je stopt. Stop je dat, dan stopt ook alles wat je hier toestond.
device-remember = Onthoud dit apparaat
device-forgotten = Gestopt. We herkennen dit apparaat niet meer, en alles wat je hier toestond is gestopt.
device-forgotten-beside = Gestopt. We herkennen dit apparaat niet meer. Wat je hier toestond zonder in te loggen, is ook gestopt.
device-beside = Op dit apparaat koos je iets zonder in te loggen. Dat staat apart: wat je hierboven ziet, gaat er niet over. Alles stoppen, stilzetten of wissen geldt er wel voor.
device-beside-paused = Op dit apparaat koos je iets zonder in te loggen. Dat staat apart: wat je hierboven ziet, gaat er niet over. Het staat nu stil.
device-log-in = Ben je klant? Log in bij de winkel. Je ziet dan je eigen gegevens, en kunt meenemen wat je hier koos.
ask-device-known-hint = We herkennen dit apparaat al: { $left }. Kies je langer, dan is dit vinkje nodig.
ask-longer-hint = Kies je langer dan dit bezoek? Zet dan ook “Onthoud dit apparaat” hieronder aan.
ask-longer-known-hint = Dit apparaat herkennen we al: { $left }. Kies je langer? Zet dan ook “Onthoud dit apparaat” hieronder aan.
preset-nothing-already = Goed. Er staat niets extra’s aan.
preset-device-nothing = We herkennen dit apparaat daarna niet meer. Waar je nee tegen zei, onthouden we dan ook niet; er staat dan niets aan.
preset-device-visit = We herkennen dit apparaat na dit bezoek niet meer.
stop-all-device = Ook dit apparaat herkennen we daarna niet meer. Wat al verstuurd is, kunnen we niet terughalen.
erase-goes-visit = Dit bezoek
erase-goes-visit-text = Wat je bekeek, en je mandje.
erase-goes-device-text = Het cookie gaat weg. We herkennen dit apparaat niet meer.
erase-goes-beside = { $count ->
    [one] Het cookie gaat weg, en wat je hier koos zonder in te loggen: 1 gegeven.
   *[other] Het cookie gaat weg, en wat je hier koos zonder in te loggen: { $count } gegevens.
}
erase-sure-device = Daarna begin je opnieuw, alsof je hier nooit was.

contest-title = Besluiten over jou
contest-lead = Hier besluit een computer iets wat belangrijk voor je is. Je mag altijd vragen of een mens ernaar kijkt.
contest-decided = Wat er besloten wordt
contest-do = Laat een mens ernaar kijken
contest-waits = Een mens gaat ernaar kijken. Het antwoord komt hier te staan.
contest-yours = Wat je eerder vroeg
contest-asked = Je vroeg dit { $day }.
contest-answered = Beantwoord { $day }.
contest-you-wrote = Je schreef:
contest-reason = Waarom ben je het niet eens?
contest-reason-hint = Dit hoeft niet. Het helpt wie ernaar kijkt.
contest-too-long = Dit is te lang. Maak het korter; er is nog niets verstuurd.
contest-upheld = Het besluit blijft.
contest-changed = Het besluit is veranderd.
contest-done = Genoteerd. Een mens gaat ernaar kijken.
contest-already = Je vroeg dit al. Wat je nu schreef, is niet bewaard: wat je eerder vroeg, ligt er al.
contest-link = Laat een mens naar een besluit kijken
