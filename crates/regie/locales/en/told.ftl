# The timeline: what happened with your data, in plain sentences.
timeline-title = Timeline
timeline-lead = Everything that happened with your data. The newest comes first.
timeline-filter = Show
timeline-all = Everything
timeline-choices = Your choices
timeline-uses = Use
timeline-disclosures = Passed on
timeline-events = What you did
timeline-account = How we know you
timeline-requests = Requests
timeline-empty = Nothing happened here.
timeline-empty-kind = Nothing of this kind happened.
timeline-more = Show more
timeline-end = There is nothing older.
timeline-link-text = What happened with your data, day by day.
told-given = You allowed { $purpose }, from { $categories }: { $until }.
told-given-others = You allowed { $purpose }, from { $categories }, also for { $names }: { $until }.
told-refused = You said no to { $purpose }.
told-withdrawn = You stopped { $purpose }.
told-invalidated = We let your permission lapse for { $purpose }.
told-used-up = Your permission for once was used, for { $purpose }.
told-visit-ended = Your visit was over. Then your permission stopped for { $purpose }.
told-objected = You objected to { $purpose }.
told-objection-ended = You agreed to { $purpose } again.
told-chose = You made a choice about { $purpose }.
told-by-guardian = Your parent or guardian chose this.
told-by-staff = A colleague recorded this for you.
told-by-source = A system of the shop recorded this.
told-consenter-customer = You said that you may choose yourself.
told-consenter-guardian = It was said that your parent or guardian chooses for you.
told-used = We used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for { $purpose }.
told-used-by = { $recipient } used { $categories } { $count ->
    [one] once
   *[other] { $count } times
} for { $purpose }.
told-blocked = { $count ->
    [one] Once
   *[other] { $count } times
} { $purpose } could not use { $categories }, because it was not allowed. Nothing was used.
told-disclosed = We gave { $categories } to { $recipient }, for { $purpose }.
told-ground-consent = Because you allowed that.
told-ground-contract = That was needed for what you agreed with us.
told-ground-law = The law demands that of us.
told-ground-interest = That is allowed as long as you do not say no.
told-reference = Reference: { $reference }.
told-page-viewed = You looked at { $count ->
    [one] 1 page
   *[other] { $count } pages
}.
told-product-viewed = You looked at a product { $count ->
    [one] once
   *[other] { $count } times
}.
told-product-added = You put something in your basket { $count ->
    [one] once
   *[other] { $count } times
}.
told-product-removed = You took something out of your basket { $count ->
    [one] once
   *[other] { $count } times
}.
told-searched = You searched for something { $count ->
    [one] once
   *[other] { $count } times
}.
told-bought = You made { $count ->
    [one] 1 purchase
   *[other] { $count } purchases
}.
told-refunded = You got money back { $count ->
    [one] once
   *[other] { $count } times
}.
told-heard-from = We heard that from { $sources }.
told-provided = { $source } passed on: { $categories }.
told-opened-user = We came to know you as a customer, through { $source }.
told-opened-device = We saw your device for the first time, through { $source }.
told-linked-user = Your customer number was linked to you, through { $source }.
told-linked-device = Your device was linked to you, through { $source }.
told-joined = What we had of you in two places was put together.
told-exported = You asked for your data. You got them.
told-requested = We carried out a request of yours.
