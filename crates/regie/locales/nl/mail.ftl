# Mails, en wat pagina's erover zeggen. Ze noemen wat er gekozen is, nooit wat er verteld of gekocht is.
mail-title = Per e-mail
mail-receipt = Mail me dit bewijs
mail-this-choice = Mail me het bewijs
mail-to = We mailen een bewijs naar { $address }, het adres dat de winkel kent. Je hoeft niets in te vullen.
mail-no-address = We hebben geen e-mailadres van je dat de winkel heeft bevestigd. Een bewijs als bestand bewaren kan altijd.
mail-asked = We mailen je bewijs. Meestal is het er binnen een paar minuten.
mail-too-many = Dat is genoeg mail voor één dag. Een bewijs als bestand bewaren kan altijd.

mail-receipt-subject = Bewijs van je keuze bij { $retailer }
mail-receipt-lead = Je vroeg om dit bewijs. Het laat zien wat je koos, en wij kunnen er niets meer aan veranderen.
mail-receipt-when = Je koos dit op { $when }.
mail-receipt-file = Je bewijs is het bestand { $file } bij deze mail. Bewaar het.
mail-receipt-why = Je krijgt deze mail omdat je erom vroeg, onder Mijn gegevens. We gebruiken je adres daardoor nergens anders voor.
mail-check-title = Controleer het zelf
mail-check-page = In je browser: ga naar { $url } en kies het bestand { $file }. Het blijft op je eigen apparaat.
mail-check-program = Zonder ons te hoeven geloven: met het programma “regie verify” controleer je { $file } met onze sleutel. Die vind je op { $url }.

mail-question-subject = Iets wat je toestond, stopt binnenkort
mail-question-lead = Je koos zelf tot wanneer dit mag. Binnenkort stopt het vanzelf:
mail-question-longer = Wil je dat het langer mag? Kies dat dan onder Mijn gegevens. Je komt binnen via de winkel, zoals altijd.
mail-question-nothing = Is het goed zo? Dan hoef je niets te doen. Het stopt op de dag die jij koos, en de winkel werkt gewoon. We vragen dit niet nog een keer.
mail-question-go = Naar Mijn gegevens
mail-question-why = Je krijgt deze mail omdat je toestond dat we dit per mail vragen. Het is geen reclame.
mail-question-stop = Geen mail meer hierover
mail-lifting-subject = Je gegevens worden binnenkort weer gebruikt
mail-lifting-lead = Je hebt dit laten stilzetten. Wij gaan dat opheffen, en jij hoort het eerst:
mail-lifting-note = Staat nu stil. Binnenkort mag het weer worden gebruikt.
mail-lifting-object = Ben je het er niet mee eens? Schrijf ons dan op het adres hieronder, voordat het zover is. Onder Mijn gegevens zie je wat stilstaat, en kun je het weer stilzetten. Je kunt ook naar de toezichthouder gaan.
mail-lifting-why = Je krijgt deze mail omdat wij het je volgens de wet vooraf moeten vertellen (artikel 18, lid 3 AVG).
mail-contact = { $retailer } · vragen over je gegevens: { $contact }

mail-stop-title = Geen mail meer hierover?
mail-stop-lead = Dan mailen we je niet meer voordat iets stopt. Alles wat je toestaat, stopt nog steeds op de dag die jij koos.
mail-stop-go = Stop deze mails
mail-stopped-title = Gestopt
mail-stopped-lead = We mailen je hier niet meer over. Verder verandert er niets.

told-mail-receipt = Je vroeg om een bewijs per e-mail.
told-mail-question = We wilden je per e-mail vragen of iets langer mag dat binnenkort stopt.
told-mail-lifting = We wilden je per e-mail vertellen dat iets dat stilstaat weer wordt gebruikt.
told-mail-sent = De mail is verstuurd.
told-mail-needless = De mail is niet verstuurd: hij was niet meer nodig of mocht niet meer.
told-mail-no-address = De mail is niet verstuurd: we hadden geen adres waar we naartoe konden schrijven.
told-mail-failed = De mail kon niet worden bezorgd.
told-mail-unsure = De verbinding viel weg toen we de mail verstuurden. We weten niet of hij aankwam, en sturen hem niet nog eens.
