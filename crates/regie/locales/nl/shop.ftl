# De demowinkel.
shop-name = Winkel
shop-demo-strip = Dit is een demonstratie. Prijzen en bestellingen zijn niet echt.
shop-demo-more = Hoe zit dat?
shop-search = Zoek in de winkel
shop-search-go = Zoek
shop-rooms = Afdelingen
shop-departments = Zoals de kassa ze indeelt
shop-about-short = Demonstratie met gepubliceerde kassagegevens van een kruidenier. Het jaar is met hele weken verschoven, en de toestemmingen zijn door een vaste regel verdeeld.
shop-price-note = Demonstratieprijs, omgerekend van de kassabon.
shop-found = { $count ->
    [0] Niets gevonden
    [one] 1 product
   *[other] { $count } producten
}
shop-found-many = De eerste { $count } producten
shop-results = Zoek: { $query }
shop-found-nothing = Dat hebben we niet gevonden
shop-found-nothing-text = De productnamen zijn Engels, zoals de kassa ze kent. Probeer “milk” of “bread”, of kijk bij een afdeling.
shop-who-nobody = Anoniem
shop-who-customer = Klant nr. { $number }
basket = Mandje
basket-empty = Je mandje is leeg
basket-empty-text = Kijk rustig rond. Er is geen account nodig.
basket-remove = Haal weg
basket-total = Totaal
basket-checkout = Afrekenen
basket-added = In je mandje: { $item }.
basket-removed = Uit je mandje: { $item }.
add-to-basket = In mandje
add-label = In mandje: { $item }
row-for-you = Voor jou
row-for-you-note = Tips uit wat je kocht, bekeek of vertelde. Bij elk product staat waarom.
row-visit = Past bij wat je bekijkt
row-visit-note = Alleen uit dit bezoek. We bewaren het niet.
row-popular = Populair
row-popular-note-off = Voor iedereen hetzelfde. We gebruiken niets van jou.
row-popular-note-thin = We hebben nog te weinig van je om mee te rekenen.
row-also = Misschien ook iets
because-often = Omdat je vaker <span lang="{ $lang }">{ $item }</span> koopt.
because-bought = Omdat je <span lang="{ $lang }">{ $item }</span> kocht.
because-viewed = Omdat je <span lang="{ $lang }">{ $item }</span> bekeek.
because-again = Dit koop je vaker.
because-before = Dit kocht je eerder.
because-new = Nieuw in de winkel.
welcome-title = Een winkel die alleen onthoudt wat jij goed vindt.
welcome-text = Kijk rond zoals je bent: niemand houdt bij wie je bent. Of kies een klant uit de kassagegevens, en zie wat tips kunnen doen. Jij zegt hoe lang.
welcome-customer = Kies een klant
welcome-personal = Tips toestaan
personal-label = Persoonlijk
personal-on = Persoonlijk: aan { $until }
personal-until-visit = dit bezoek
personal-until-once = voor één keer
personal-until-withdrawn = tot je stopt
personal-until-day = tot { $day }
personal-through-day = tot en met { $day }
personal-off = Persoonlijk: uit
personal-on-note = Tips uit wat je koopt en bekijkt. Zet je het uit, dan stopt het meteen.
personal-part-note = Tips uit wat je toestond. Een deel daarvan zette je stil; dat gebruiken we niet.
personal-paused = Persoonlijk: staat stil
personal-paused-note = Je zette dit stil in Mijn gegevens. De winkel werkt gewoon.
personal-off-note = De winkel werkt gewoon. Je ziet populaire producten.
personal-visit-note = We bewaren niets voor tips. Alleen wat je in dit bezoek bekijkt, telt mee.
personal-stopped = Gestopt. We gebruiken je gegevens niet meer voor tips.
panel-label = Meer hierover
why-do-we-ask = Waarom vragen we dit?
checkout-title = Afrekenen
checkout-lead = Dit is een demonstratie. Je hoeft niets in te vullen.
checkout-asks = Dit zou een echte winkel vragen
checkout-name = Naam en adres
checkout-name-value = Hier niet nodig
checkout-name-why = Om je bestelling te bezorgen. De bezorger krijgt je adres één keer. We gebruiken het nergens anders voor.
checkout-mail = E-mailadres
checkout-mail-value = Hier niet nodig
checkout-mail-why = Om je bestelling te bevestigen. Voor reclame vragen we het apart, en nee is dan even makkelijk als ja.
checkout-order = Je bestelling
checkout-order-value = { $count ->
    [one] 1 product
   *[other] { $count } producten
}
checkout-order-why = Om te leveren, en voor de factuur. De Belastingdienst wil dat we die zeven jaar bewaren. Verder gebruiken we hem niet.
checkout-buy = Bestel
checkout-demo = Er wordt niets betaald en niets bezorgd.
ordered-page = Besteld
ordered-title = Besteld. Dank je wel.
ordered-lead = Je bestelling heeft nummer { $number }.
ordered-kept = Wat we hiervan bewaren
ordered-kept-order = Je bestelling
ordered-kept-order-text = Twee jaar, voor levering, ruilen en vragen.
ordered-kept-law = De factuur
ordered-kept-law-text = Zeven jaar na het einde van dit jaar, omdat de wet dat vraagt.
ordered-learns = Tips leren hiervan, omdat je dat toestaat: { $left }.
ordered-learns-not = Tips leren hier niet van. Dat heb je niet toegestaan.
people-title = Wie wil je zijn?
people-lead = Deze klanten komen uit gepubliceerde kassagegevens. Namen zijn er niet, alleen nummers. De toestemmingen zijn verdeeld door een vaste regel.
people-nobody = Anoniem
people-nobody-text = Rondkijken zonder dat iemand je kent.
people-on = Tips: aan, { $left }
people-off = Tips: uit
people-now = Je bent nu klant nr. { $number }.
people-now-nobody = Je bent nu anoniem.
about-title = Over deze demonstratie
about-lead = De winkel is getekend, de kassabonnen zijn echt.
about-data = De gegevens
about-data-text = Een jaar van de kassa van een echte kruidenier: 155.848 kassabonnen van 2.469 huishoudens. Ze staan onder een vrije licentie (CC0). Namen van mensen zitten er niet in.
about-year = De tijd
about-year-text = Het jaar is met hele weken verschoven en eindigt gisteren. Weekdagen kloppen dus, datums niet.
about-prices = De prijzen
about-prices-text = Afgeleid van de bonnen en getoond in euro’s. Alleen ter demonstratie.
about-consents = De toestemmingen
about-consents-text = De gegevens zeggen niets over toestemming of leeftijd. Elk huishouden geldt als 16 of ouder, en een vaste regel verdeelt de toestemmingen: ongeveer 70% staat tips toe, 50% laat tips van anderen ervan leren, en een tiende daarvan voor een beperkte tijd.
about-sensitive = Gevoelige producten
about-sensitive-text = Alcohol, tabak, medicijnen en producten die iets over je gezondheid of geloof zeggen, komen nooit in tips.
