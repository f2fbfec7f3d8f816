# The demo shop.
shop-name = Shop
shop-demo-strip = This is a demonstration. Prices and orders are not real.
shop-demo-more = How so?
shop-search = Search the shop
shop-search-go = Search
shop-rooms = Departments
shop-departments = As the till divides them
shop-about-short = A demonstration with published till data of a grocer. The year was shifted by whole weeks, and the consents were assigned by a fixed rule.
shop-price-note = Demonstration price, converted from the till receipt.
shop-found = { $count ->
    [0] Nothing found
    [one] 1 product
   *[other] { $count } products
}
shop-found-many = The first { $count } products
shop-results = Search: { $query }
shop-found-nothing = We did not find that
shop-found-nothing-text = Product names are as the till knows them. Try “milk” or “bread”, or look in a department.
shop-who-nobody = Anonymous
shop-who-customer = Customer no. { $number }
basket = Basket
basket-empty = Your basket is empty
basket-empty-text = Have a look around. No account is needed.
basket-remove = Remove
basket-total = Total
basket-checkout = Checkout
basket-added = In your basket: { $item }.
basket-removed = Out of your basket: { $item }.
add-to-basket = Add to basket
add-label = Add to basket: { $item }
row-for-you = For you
row-for-you-note = Tips from what you bought, looked at or told us. Each product says why.
row-visit = Goes with what you look at
row-visit-note = From this visit alone. We do not keep it.
row-popular = Popular
row-popular-note-off = The same for everybody. We use nothing about you.
row-popular-note-thin = We have too little about you yet to work with.
row-also = Perhaps also
because-often = Because you often buy <span lang="{ $lang }">{ $item }</span>.
because-bought = Because you bought <span lang="{ $lang }">{ $item }</span>.
because-viewed = Because you looked at <span lang="{ $lang }">{ $item }</span>.
because-again = You often buy this.
because-before = You bought this before.
because-new = New in the shop.
welcome-title = A shop that remembers only what you are fine with.
welcome-text = Look around as you are: nobody keeps track of who you are. Or pick a customer from the till data, and see what tips can do. You say for how long.
welcome-customer = Pick a customer
welcome-personal = Allow tips
personal-label = Personal
personal-on = Personal: on { $until }
personal-until-visit = this visit
personal-until-once = for once
personal-until-withdrawn = until you stop it
personal-until-day = until { $day }
personal-through-day = through { $day }
personal-off = Personal: off
personal-on-note = Tips from what you buy and look at. Switch it off, and it stops at once.
personal-part-note = Tips from what you allowed. You paused some of that; we do not use it.
personal-paused = Personal: paused
personal-paused-note = You paused this in My data. The shop works as usual.
personal-off-note = The shop just works. You see popular products.
personal-visit-note = We keep nothing for tips. Only what you look at during this visit counts.
personal-stopped = Stopped. We no longer use your data for tips.
panel-label = More about this
why-do-we-ask = Why do we ask?
checkout-title = Checkout
checkout-lead = This is a demonstration. You need not fill in anything.
checkout-asks = A real shop would ask this
checkout-name = Name and address
checkout-name-value = Not needed here
checkout-name-why = To deliver your order. The carrier gets your address once. We use it for nothing else.
checkout-mail = E-mail address
checkout-mail-value = Not needed here
checkout-mail-why = To confirm your order. For advertising we ask separately, and then no is as easy as yes.
checkout-order = Your order
checkout-order-value = { $count ->
    [one] 1 product
   *[other] { $count } products
}
checkout-order-why = To deliver, and for the invoice. By law we keep that for seven years, and use it for nothing else.
checkout-buy = Order
checkout-demo = Nothing is paid and nothing is delivered.
ordered-page = Ordered
ordered-title = Ordered. Thank you.
ordered-lead = Your order has number { $number }.
ordered-kept = What we keep of this
ordered-kept-order = Your order
ordered-kept-order-text = Two years, for delivery, returns and questions.
ordered-kept-law = The invoice
ordered-kept-law-text = Seven years after the end of this year, because the law asks for it.
ordered-learns = Tips learn from this, because you allow it: { $left }.
ordered-learns-not = Tips do not learn from this. You did not allow it.
people-title = Who would you like to be?
people-lead = These customers come from published till data. There are no names, only numbers. The consents were assigned by a fixed rule.
people-nobody = Anonymous
people-nobody-text = Look around without anybody knowing you.
people-on = Tips: on, { $left }
people-off = Tips: off
people-now = You are now customer no. { $number }.
people-now-nobody = You are now anonymous.
about-title = About this demonstration
about-lead = The shop is drawn, the till receipts are real.
about-data = The data
about-data-text = A published year of a grocer’s till: 155,848 receipts of 2,469 households. They are under a free licence (CC0). There are no names of people in them.
about-year = The time
about-year-text = The year was shifted by whole weeks and ends yesterday. So weekdays are right, dates are not.
about-prices = The prices
about-prices-text = Taken from the receipts and shown in euros. For demonstration only.
about-consents = The consents
about-consents-text = The data says nothing about consent or age. Every household counts as 16 or older, and a fixed rule assigns the permissions: about 70% allow tips, 50% let others’ tips learn from them, and a tenth of those for a limited time.
about-sensitive = Sensitive products
about-sensitive-text = Alcohol, tobacco, medicines and products that say something about your health or belief never get into tips.
