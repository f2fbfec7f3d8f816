# Mijn informatie, het verschil, zonder deze reden, meenemen.
rooms-label = Kamers van Mijn gegevens
room-overview = Overzicht
room-information = Mijn informatie
room-difference = Het verschil
room-flow = Waarheen
room-timeline = Tijdlijn
room-proof = Bewijs

information-title = Mijn informatie
information-heading = { $count ->
    [0] Je vertelt ons nu <strong>niets</strong> over jezelf.
    [one] Je vertelt ons nu <strong>1 ding</strong> over jezelf.
   *[other] Je vertelt ons nu <strong>{ $count } dingen</strong> over jezelf.
}{ $hidden ->
    [0] {""}
    [one] {" "}1 ding is verborgen.
   *[other] {" "}{ $hidden } dingen zijn verborgen.
}
information-lead = Jij kiest wat, waarvoor en hoe lang. Daarna stopt het vanzelf en is het weg.
information-now = Dit vertel je nu
information-could = Dit kun je vertellen
information-could-text = Niets hoeft. Zonder werkt de winkel net zo goed.
information-for = voor “{ $purpose }”
information-hidden = Verborgen. Alleen jij ziet dit.
information-hidden-short = verborgen
information-held = Staat stil. We gebruiken dit nu niet.
information-special = Dit kan iets zeggen over je gezondheid of geloof. Jij gaf daar apart toestemming voor.
information-hide = Verberg
information-show = Toon weer
information-week = Een week langer
information-week-device = Een week langer, en onthoud dit apparaat zo lang
information-change = Verander
information-gone = Haal weg
information-gone-title = Niet meer vertellen?
information-gone-text = We gebruiken het meteen niet meer, en het is weg.
information-more = Wie, tot wanneer, en wat het je oplevert
information-brings = Wat levert het op?
information-brings-see = Bekijk je tips met en zonder.
information-since = Verteld: { $day }.
information-question = Dit stopt vanzelf { $when }. Wil je het een week langer laten staan?
information-rules = Zo werkt het
information-rule-end = Wat je vertelt, stopt op het moment dat jij kiest. Dan wissen we het.
information-rule-hide = Verberg je iets? Dan gebruikt niemand het meer. Jij ziet het nog wel.
information-rule-age = Je geboortejaar vragen we niet. Een verjaardag is voor een felicitatie, nooit voor je leeftijd.
information-told = Verteld. { $item }: { $value }.
information-told-hidden = Verborgen. We gebruiken dit niet meer: { $item }.
information-told-shown = Het mag weer gebruikt worden: { $item }.
information-told-stands = Er is nu niets veranderd. Zo staat het: { $item }, { $left }.
information-told-longer = Langer: { $item }, { $left }.
information-told-still-hidden = Er is niets veranderd: { $item } staat verborgen. Laat het eerst weer zien.
information-told-gone = Weg. We gebruiken dit niet meer: { $item }.

item-diet = Je dieet
item-sizes = Je maten
item-interests = Je interesses
item-household = Je huishouden
item-birthday = Je verjaardag
diet-vegetarian = vegetarisch
diet-vegan = veganistisch
diet-pescatarian = vis, geen vlees
diet-halal = halal
diet-kosher = koosjer
diet-gluten-free = glutenvrij
diet-lactose-free = lactosevrij
diet-nut-free = zonder noten
diet-low-sugar = weinig suiker
garment-tops = bovenkleding
garment-trousers = broeken
garment-dresses = jurken
garment-shoes = schoenen
band-0-3 = 0 tot en met 3 jaar
band-4-11 = 4 tot en met 11 jaar
band-12-17 = 12 tot en met 17 jaar
people-count-1 = alleen
people-count-2 = met z’n tweeën
people-count-3-4 = met 3 of 4
people-count-5-more = met 5 of meer
household-with = { $people }, met kinderen van { $ages }

brings-diet = We laten tips weg die er niet bij passen. Kijk altijd ook op het etiket.
brings-nothing-diet = Van deze winkel weten we nog niet welke producten erbij passen. Nu verandert er nog niets.
brings-sizes = Je ziet alleen kleding die er in jouw maat is.
brings-nothing-sizes = Deze winkel heeft nu geen kleding met maten. Nu verandert er nog niets.
brings-interests = Je ziet vaker iets uit de afdelingen die jij kiest.
brings-household = We laten tips weg voor kinderen van een andere leeftijd, en tonen vaker iets voor die van jou.
brings-nothing-household = Deze winkel heeft nu niets voor een bepaalde leeftijd. Nu verandert er nog niets.
brings-birthday = Op je verjaardag feliciteren we je in de winkel.
brings-shared = De winkel doet er niets mee. Wie je koos, mag het gebruiken: { $names }.

tell-diet = Wat eet je?
tell-diet-hint = Kies er een of meer. Alleen wat deze winkel van zijn producten weet, staat erbij.
tell-sizes = Welke maten heb je?
tell-sizes-hint = Vul in wat je wilt. De rest laat je leeg.
tell-birthday = Wanneer ben je jarig?
tell-birthday-hint = Alleen dag en maand. Het jaar vragen we niet.
tell-interests = Wat interesseert je?
tell-interests-hint = Kies een of meer afdelingen.
tell-household = Met wie woon je?
tell-household-hint = Zo precies als je wilt. Namen en geboortedata vragen we niet.
tell-household-people = Met hoeveel?
tell-household-children = Kinderen erbij? Van welke leeftijd?
tell-day = Dag
tell-month = Maand
tell-purpose = Waarvoor, en wie?
tell-purpose-line = Voor “{ $purpose }”. Alleen { $retailer } mag het gebruiken.
tell-purpose-line-more = Voor “{ $purpose }”. Alleen { $retailer } mag het gebruiken, op de computers van { $names }.
tell-explicit = Dit vragen we apart
tell-explicit-yes = Ja, gebruik dit, ook als het iets zegt over mijn gezondheid of geloof
tell-explicit-hint = Dit is nodig voor: { $which }. Die keuze kan iets verraden over je gezondheid of geloof. Zonder dit vinkje gebruiken we haar niet.
tell-yes = Vertel dit
tell-no = Toch niet
tell-note = Veranderen, verbergen of weghalen kan altijd, met één klik.
tell-value-missing = Vul eerst in wat je wilt vertellen.
tell-purpose-missing = Kies eerst waarvoor.
tell-purpose-shares = Alleen wie jij hieronder kiest.
tell-partners = Met wie delen?
tell-partners-hint = Alleen bij een doel waarvoor we delen. Zonder vinkje krijgt niemand anders het.
tell-partner-needless = Met wie je deelt, kies je alleen bij een doel waarvoor we delen. Kies dat doel, of haal het vinkje weg.
tell-explicit-missing = Zet eerst het vinkje bij “Dit vragen we apart”, of kies “Toch niet”.
tell-go = Vul dit in
change-told-gone = We gebruiken het niet meer, en het is weg.
change-told-gone-device = Dit vertelde je op dit apparaat. We gebruiken het niet meer, en het is weg.

glance-who = Wie er iets van mag gebruiken
glance-before = { $name }: eerder, nu niet meer
glance-until = Tot wanneer
glance-until-more = { $count ->
    [one] En nog 1
   *[other] En nog { $count }
}
glance-law = En wat je bestelling of de wet nodig heeft
home-rights = Downloaden, stoppen, wissen
home-told-nothing = Je vertelt ons niets over jezelf. Dat mag zo blijven.
home-only-told = Alleen wat je zelf vertelt
home-only-shared-text = Wat je vertelde, mag alleen gebruikt worden door: { $names }.
home-only-told-text = Wat je zelf vertelt, telt mee in je tips. Je aankopen gebruiken we daar niet voor.
home-told-go = Bekijk of vertel iets
row-for-you-note-told = Door wat je zelf vertelde. Bij elk product staat waarom.
personal-told-note = Wat je zelf vertelt, telt mee. Wat je koopt niet.
greeting-birthday = Gefeliciteerd met je verjaardag!
greeting-why = Dit vertelde je ons zelf.

why-told-diet = Dit past bij wat je zelf invulde: <strong>{ $told }</strong>.
why-told-sizes = Dit is er in de maat die je zelf invulde: <strong>{ $told }</strong>.
why-told-interests = Je ziet dit omdat je zei dat dit je interesseert: <strong>{ $told }</strong>.
why-told-household = Je ziet dit om wat je zelf vertelde over je huishouden: <strong>{ $told }</strong>.
because-told-diet = Past bij wat je invulde: { $told }.
because-told-sizes = In jouw maat: { $told }.
because-told-interests = Omdat dit je interesseert: { $told }.
because-told-household = Past bij wat je over je huishouden vertelde.
why-step-told = <b>{ $item }</b>: { $told } · { $when } · wat je zelf vertelt
why-told-switch = Mag dit nog: { $item }?
why-told-text = Verberg je het? Dan gebruikt meteen niemand het meer.
why-without = Met deze reden
why-without-hint = Zet uit en zie je lijst zonder.
without-page = Zonder deze reden
without-title = Je lijst zonder deze reden
without-quoted = “{ $item }”
without-items = In de tweede lijst doen we alsof je dit nooit kocht of bekeek: { $items }. Er verandert niets door te kijken.
without-told = In de tweede lijst doen we alsof je dit nooit vertelde: { $told }. Er verandert niets door te kijken.
without-both = In de tweede lijst doen we alsof je dit nooit kocht of bekeek: { $items }. En alsof je dit nooit vertelde: { $told }. Er verandert niets door te kijken.
without-nothing = Er is geen verschil
without-hidden = Je verborg dit: { $told }. Niemand gebruikt het nu, dus je tips zijn met en zonder hetzelfde.
without-shared = Alleen wie jij noemde, mag dit gebruiken: { $told }. Voor onze tips gebruiken we het niet.
without-held = Dit gebruiken we nu niet: { $told }. Je tips zijn met en zonder hetzelfde.
without-birthday = Dit gebruiken we alleen om je te feliciteren: { $told }. Het verandert niets aan je tips.
without-switch = Zonder deze reden
compare-empty = Hier is nu niets te laten zien.
without-switch-hint = Zet weer aan en ga terug.
without-sum = { $count ->
    [0] Er verandert niets aan de eerste zes tips.
    [one] 1 van de eerste zes tips verandert.
   *[other] { $count } van de eerste zes tips veranderen.
}
without-with = Met deze reden
without-without = Zonder deze reden
without-gone = valt weg
without-new = komt erbij
without-note = Wil je dat we iets echt niet meer gebruiken? Verberg het bij Mijn informatie, of stop het bij Mijn gegevens.

difference-title = Het verschil
difference-lead = We rekenen één keer uit wat je aankopen met je tips doen, en laten het naast elkaar zien. We gebruiken alleen aankopen die we al bewaren, en bewaren niet wat eruit komt.
difference-go = Laat het verschil zien
difference-nothing = We hebben nog niets van je om mee te rekenen.
difference-not-now = Dit kan nu niet. Er is niets van je gebruikt.
difference-done = Dit mocht één keer. Het is genoteerd als gebruik, en er staat niets nieuws aan.
difference-without = Zonder je aankopen
difference-without-note = Dit ziet iedereen.
difference-without-note-told = Wat je zelf vertelde, telt in beide lijsten mee.
difference-with = Met je aankopen
difference-with-note = Bij elke tip staat waarom.
difference-only-without = alleen zonder
difference-only-with = alleen met
difference-sum = { $count ->
    [0] Je aankopen veranderen niets aan de eerste zes tips.
    [one] Je aankopen veranderen 1 van de eerste zes tips.
   *[other] Je aankopen veranderen { $count } van de eerste zes tips.
}
difference-kept = We hebben deze lijsten niet bewaard. Gevoelige aankopen telden niet mee.

along-title = Neem je mee wat je hier koos?
along-lead = Op dit apparaat koos je eerder iets zonder in te loggen. Je mag het meenemen naar je eigen gegevens. Dan wordt het één geheel, en vergeten we dit apparaat.
along-whose = Je bent ingelogd als klant { $number }.
along-note = Laat je het hier, dan blijft het apart op dit apparaat.
along-yes = Neem het mee
along-no = Laat het hier
along-done = Meegenomen. Het hoort nu bij je eigen gegevens.
along-done-nothing = Klaar. Er kwam niets mee, en dit apparaat vergeten we.
along-done-noes = Klaar. Wat je hier niet wilde, geldt nu voor al je gegevens. Dit apparaat vergeten we.
along-answered = Hier was al een antwoord op. Er is nu niets veranderd.
along-gone = Er is niets meegenomen: dit hoort intussen al bij een klant, of het is er niet meer.
changed-meanwhile = Er is intussen iets veranderd. Kijk het nog eens na.
along-left = Goed. Het blijft apart.
tell-who-others = Alleen { $names }.
information-others = Wij gebruiken dit niet. Het mag alleen gebruikt worden door { $names }.
information-minor = Dit wacht op je ouder of voogd. We gebruiken het nu niet.
along-comes = Dit komt mee
along-both = Stond op beide plekken aan. De kortste tijd telt, en alleen wat je twee keer toestond.
along-both-paused = Stond op beide plekken aan, en staat stil in je eigen gegevens. De kortste tijd telt, en alleen wat je twee keer toestond.
along-paused = Het staat dan stil.
along-newer = Het komt in plaats van wat je als klant vertelde.
along-older = Wat je als klant vertelde, is nieuwer. Dat blijft.
along-older-hidden = Wat je als klant vertelde, is verborgen. Dat blijft zo.
along-hidden = Verborgen. Dat blijft het.
along-hidden-shared = Verborgen. Dat blijft het. Wie het krijgt als je het weer laat zien: { $names }.
along-permits = Mag dit ook voor je eigen gegevens?
along-permits-hint = Je stond dit alleen op dit apparaat toe. Zet je een vinkje, dan geldt het voor alles wat we van je hebben. Zonder vinkje stopt het.
along-told = { $value }, voor “{ $purpose }”, { $left }
along-through = Alleen via { $names }.
along-who = Wie het krijgt: { $names }.
along-instead = Met een vinkje geldt dit in plaats van wat je als klant vertelde.
along-signalled = Je browser zei hier nee tegen.
along-tells = Mag dit ook mee?
along-tells-hint = Je vertelde dit alleen op dit apparaat. Met een vinkje mag het ook hierna, zoals het er staat. Zonder vinkje stopt het.
along-noes = Hier zei je nee
along-noes-hint = Neem je alles mee, dan geldt je nee voor al je gegevens. Laat je het hier, dan geldt wat je als klant koos.
along-no-stops = Als klant zei je ja. Dat stopt dan.
along-no-objected = Je zei dat we dit niet mogen doen. Dat geldt dan overal.
along-no-told = Je nam dit op dit apparaat terug, of zei er nee tegen. Wat je als klant vertelde, stopt dan.
along-no-paused = Staat stil. Dat geldt dan voor al je gegevens.
along-no-paused-both = Staat stil. Dat geldt dan voor al je gegevens. Van je ja telt de kortste tijd, en alleen wat je twee keer toestond.
along-guardian = Jonger dan { $years }
along-guardian-text = Op dit apparaat is gezegd dat je jonger bent. Neem je het mee, dan kiest een ouder of voogd voor al je gegevens, en stopt wat je zelf toestond.
along-ends-title = Dit komt niet mee
along-ends = Als klant zei je hier nee tegen. Dat blijft zo.
along-ends-apart = Stond op beide plekken aan, maar je stond niet twee keer hetzelfde toe. Het stopt.
along-ends-told = Als klant nam je dit terug. Dat blijft zo.
along-ends-held = Je zette hiervan iets stil, of zei dat we dit niet mogen doen. Neem je de rest mee, dan is dit weg.
along-stays-no = Dat blijft nee.
glance-nobody = Niemand.
glance-law-alone = Wat je bestelling of de wet nodig heeft
