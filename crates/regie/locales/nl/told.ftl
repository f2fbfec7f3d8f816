# De tijdlijn: wat er met je gegevens gebeurde, in gewone zinnen.
timeline-title = Tijdlijn
timeline-lead = Alles wat er met je gegevens gebeurde. Het nieuwste staat bovenaan.
timeline-filter = Laat zien
timeline-all = Alles
timeline-choices = Je keuzes
timeline-uses = Gebruik
timeline-disclosures = Doorgegeven
timeline-events = Wat je deed
timeline-account = Hoe we je kennen
timeline-days = { $count ->
    [one] 1 dag
   *[other] { $count } dagen
}
timeline-span = { $first } tot en met { $last }
timeline-each = Op elk van deze { $count } dagen: { $text }
timeline-which-days = Welke dagen?
timeline-empty = Hier is niets gebeurd.
timeline-empty-kind = Hiervan is niets gebeurd.
timeline-more = Laat meer zien
timeline-end = Ouder is er niet.
timeline-link-text = Wat er met je gegevens gebeurde, dag voor dag.
told-given = Je gaf toestemming voor “{ $purpose }”, met { $categories }: { $until }.
told-given-others = Je gaf toestemming voor “{ $purpose }”, met { $categories }, ook aan { $names }: { $until }.
told-refused = Je zei nee tegen “{ $purpose }”.
told-withdrawn = Je stopte met “{ $purpose }”.
told-left-behind = Je nam je apparaat mee, en liet je toestemming voor “{ $purpose }” achter. Die stopte.
told-ended-by-join = Wat we op twee plekken van je hadden, werd één. Je toestemming voor “{ $purpose }” stopte: het mocht niet op allebei de plekken.
told-invalidated = We stopten je toestemming voor “{ $purpose }”.
told-used-up = Je toestemming voor één keer is gebruikt, voor “{ $purpose }”.
told-visit-ended = Je bezoek was voorbij. Toen stopte je toestemming voor “{ $purpose }”.
told-objected = Je maakte bezwaar tegen “{ $purpose }”.
told-objection-ended = Je nam je bezwaar tegen “{ $purpose }” terug.
told-objection-upheld = We wogen je bezwaar tegen “{ $purpose }” af. Je krijgt gelijk: we doen dit niet meer.
told-objection-overruled = We wogen je bezwaar tegen “{ $purpose }” af. Het gaat door, en je hoorde waarom.
told-chose = Je maakte een keuze over “{ $purpose }”.
told-information-ended-no = Wat je voor “{ $purpose }” had verteld, stopte daarmee: { $item }.
told-information-ended-consenter = Wat je voor “{ $purpose }” had verteld, stopte: { $item }. Sindsdien kiest iemand anders, dus wordt het opnieuw gevraagd.
told-information-ended = Wat je vertelde, stopte: { $item }. Wij veranderden waarvoor je het vertelde: “{ $purpose }”.
told-by-browser = Dat zei je browser. Wat je hier zelf toestaat, gaat voor.
told-by-guardian = Je ouder of voogd koos dit.
told-by-staff = Een medewerker legde dit voor je vast.
told-by-source = Een systeem van de winkel legde dit vast.
told-consenter-customer = Je zei dat je zelf mag kiezen.
told-consenter-age = Je zei dat je { $years } of ouder bent.
told-consenter-guardian = Er is gezegd dat je ouder of voogd voor je kiest.
told-part-all = al je gegevens
told-contested = Je vroeg of een mens naar een besluit kijkt: “{ $purpose }”.
told-contest-upheld = Een mens keek naar een besluit, zoals je vroeg: “{ $purpose }”. Het besluit blijft.
told-contest-changed = Een mens keek naar een besluit, zoals je vroeg: “{ $purpose }”. Het besluit is veranderd.
told-part-purpose = je gegevens voor “{ $purpose }”
told-part-both = { $categories }, voor “{ $purpose }”
told-restricted = Je zette dit stil: { $part }.
told-lift-told = We lieten je weten dat we dit weer gaan gebruiken: { $part }.
told-lifted = Dit mag weer gebruikt worden: { $part }.
told-stated = Je vertelde { $item }, voor “{ $purpose }”: { $until }.
told-stated-others = Je vertelde { $item }, voor “{ $purpose }”, te gebruiken door { $names }: { $until }.
told-hidden = Je verborg { $item }.
told-unstated = Je nam { $item } terug.
told-unstated-left = Je nam je apparaat mee, en liet wat je vertelde daar achter: { $item }. Dat is weg.
told-visit-over = Je bezoek was voorbij. Toen stopte wat je vertelde: { $item }.
told-previewed = Je bekeek het verschil met en zonder { $categories }, bij “{ $purpose }”. We bewaarden daar niets van.
told-used = Die dag gebruikten we { $categories } { $count ->
    [one] één keer
   *[other] { $count } keer
} voor “{ $purpose }”.
told-used-by = { $recipient } gebruikte { $categories } die dag { $count ->
    [one] één keer
   *[other] { $count } keer
} voor “{ $purpose }”.
told-blocked = Die dag hielden we { $categories } { $count ->
    [one] één keer
   *[other] { $count } keer
} tegen voor “{ $purpose }”, omdat het niet mocht. Er is niets gebruikt.
told-disclosed = We gaven { $categories } aan { $recipient }, voor “{ $purpose }”.
told-ground-consent = Omdat je dat toestond.
told-ground-contract = Dat was nodig voor wat je met ons afsprak.
told-ground-law = De wet vraagt dat van ons.
told-ground-interest = Dat mag, zolang je geen nee zegt.
told-reference = Kenmerk: { $reference }.
told-page-viewed = Je bekeek { $count ->
    [one] 1 pagina
   *[other] { $count } pagina’s
}.
told-product-viewed = Je bekeek { $count ->
    [one] 1 keer een product
   *[other] { $count } keer een product
}.
told-product-added = Je legde { $count ->
    [one] 1 keer iets in je mandje
   *[other] { $count } keer iets in je mandje
}.
told-product-removed = Je haalde { $count ->
    [one] 1 keer iets uit je mandje
   *[other] { $count } keer iets uit je mandje
}.
told-searched = Je zocht { $count ->
    [one] 1 keer iets
   *[other] { $count } keer iets
}.
told-bought = Je kocht { $count ->
    [one] 1 keer iets
   *[other] { $count } keer iets
}.
told-refunded = Je kreeg { $count ->
    [one] 1 keer geld terug
   *[other] { $count } keer geld terug
}.
told-heard-from = Dat hoorden we van { $sources }.
told-provided = { $source } gaf door: { $categories }.
told-opened-user = We leerden je kennen als klant, via { $source }.
told-opened-device = We zagen je apparaat voor het eerst, via { $source }.
told-linked-user = Je klantnummer is aan je gekoppeld, via { $source }.
told-linked-device = Je apparaat is aan je gekoppeld, via { $source }.
told-joined = Wat we op twee plekken van je hadden, is samengevoegd.

# Waar gaan mijn gegevens heen?
flow-title = Waar gaan mijn gegevens heen?
flow-lead = { $count ->
    [0] In de laatste { $days } dagen zijn je gegevens niet gebruikt. Je ziet wat wel mag.
    [one] In de laatste { $days } dagen zijn je gegevens één keer gebruikt.
   *[other] In de laatste { $days } dagen zijn je gegevens { $count } keer gebruikt.
}
flow-empty = We hebben nog niets van je. Er gaat dus ook niets ergens heen.
flow-picture = Tekening: van bron naar gegevens, doel en ontvanger. Dezelfde routes staan hieronder in woorden en als tabel.
flow-thicker = Hoe dikker de lijn, hoe vaker.
flow-computers = { $count ->
    [one] { $names } werkt met al deze gegevens, omdat wij dat vragen.
   *[other] { $names } werken met al deze gegevens, omdat wij dat vragen.
} Alleen voor ons, en voor niets anders.
flow-computers-beside = met { $names }
flow-source = Waar het vandaan komt
flow-kind = Wat het is
flow-purpose = Waarvoor
flow-who = Wie het krijgt
flow-ground = Waarom dat mag
flow-times = Keer in 30 dagen
flow-consent = jij staat het toe
flow-order = nodig voor je bestelling
flow-interest = tenzij je nee zegt
flow-law = moet van de wet
flow-blocked = tegengehouden
flow-other = Overig
flow-rest = { $count ->
    [one] Nog 1 andere route. Bekijk de tabel.
   *[other] Nog { $count } andere routes. Bekijk de tabel.
}
flow-yourself = jijzelf
flow-nothing = niet bewaard
flow-unused = { $count ->
    [one] Nog 1 route die mag, maar in 30 dagen niet gebruikt is
   *[other] Nog { $count } routes die mogen, maar in 30 dagen niet gebruikt zijn
}
flow-ways = Elke route in woorden
flow-ways-text = Per route lees je wat er gebeurde. Stoppen kan meteen.
flow-table = Toon als tabel
flow-is-off = staat uit
flow-say-used = We gebruikten { $categories } { $count ->
    [one] één keer
   *[other] { $count } keer
} voor “{ $purpose }”, in { $days } dagen.
flow-say-given = We gaven { $categories } { $count ->
    [one] één keer
   *[other] { $count } keer
} aan { $recipient }, voor “{ $purpose }”, in { $days } dagen.
flow-say-unused = We mogen { $categories } gebruiken voor “{ $purpose }”. Dat deden we in { $days } dagen niet.
flow-say-blocked = { $count ->
    [one] Eén keer
   *[other] { $count } keer
} hielden we { $categories } tegen voor “{ $purpose }”, in { $days } dagen. Er is niets gebruikt.
flow-link-text = Een tekening: van wie, wat, waarvoor, naar wie.
