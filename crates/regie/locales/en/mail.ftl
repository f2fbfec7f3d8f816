# Mails, and what pages say about them. They name what was chosen, never what was told or bought.
mail-title = By e-mail
mail-receipt = E-mail me this receipt
mail-this-choice = E-mail me the receipt
mail-to = We e-mail a receipt to { $address }, the address that the shop knows. You need to fill in nothing.
mail-no-address = We do not have an e-mail address of yours that the shop confirmed. You can always save a receipt as a file.
mail-asked = We are e-mailing your receipt. It is usually there within a few minutes.
mail-too-many = That is enough e-mail for one day. You can always save a receipt as a file.

mail-receipt-subject = Receipt of your choice at { $retailer }
mail-receipt-lead = You asked for this receipt. It proves what you chose, and we cannot change it any more.
mail-receipt-when = You chose this on { $when }.
mail-receipt-file = Your receipt is the attached file { $file }. Keep it.
mail-receipt-why = You get this e-mail because you asked for it, under My data. We do not use your address for anything else because of that.
mail-check-title = Check it yourself
mail-check-page = In your browser: go to { $url } and choose the file { $file }. It stays on your own device.
mail-check-program = Without believing us: with the program “regie verify” you check { $file } against our key. You find the key at { $url }.

mail-question-subject = Something that you allowed ends soon
mail-question-lead = You chose yourself until when this is allowed. It soon stops by itself:
mail-question-longer = Would you like it to go on? Then choose that under My data. You log in through the shop, as always.
mail-question-nothing = Is it fine like this? Then you need to do nothing. It stops on the day that you chose, and the shop just works. We do not ask this again.
mail-question-go = To My data
mail-question-why = You get this e-mail because you allowed us to ask this by e-mail. It is no advertising.
mail-question-stop = No more of these e-mails
mail-lifting-subject = Your data will be used again soon
mail-lifting-lead = You had this put on hold. We are going to lift that, and you hear it from us first:
mail-lifting-note = Is on hold now. Soon it may be used again.
mail-lifting-object = Do you not agree? Write to us at the address below, before it is lifted. Under My data you see what is on hold, and can put it on hold again. You can also turn to the supervisory authority.
mail-lifting-why = You get this e-mail because the law says that we must tell you beforehand (Article 18(3) GDPR).
mail-contact = { $retailer } · questions about your data: { $contact }

mail-stop-title = No more of these e-mails?
mail-stop-lead = Then we do not e-mail you any more before something stops. Everything that you allow still stops on the day that you chose.
mail-stop-go = Stop these e-mails
mail-stopped-title = Stopped
mail-stopped-lead = We do not e-mail you about this any more. Nothing else changed.

told-mail-receipt = You asked for a receipt by e-mail.
told-mail-question = We wanted to ask you by e-mail whether something may go on that ends soon.
told-mail-lifting = We wanted to tell you by e-mail that something on hold will be used again.
told-mail-sent = The e-mail was sent.
told-mail-needless = The e-mail was not sent: it was not needed or not allowed any more.
told-mail-no-address = The e-mail was not sent: we had no address that we could write to.
told-mail-failed = The e-mail could not be delivered.
told-mail-unsure = The connection broke off while we sent the e-mail. We do not know whether it arrived, and do not send it again.
