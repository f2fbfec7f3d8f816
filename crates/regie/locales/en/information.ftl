# My information, the difference, without this reason, taking along.
rooms-label = Rooms of My data
room-overview = Overview
room-information = My information
room-difference = The difference
room-flow = Where it goes
room-timeline = Timeline
room-proof = Proof

information-title = My information
information-heading = { $count ->
    [0] You now tell us <strong>nothing</strong> about yourself.
    [one] You now tell us <strong>1 thing</strong> about yourself.
   *[other] You now tell us <strong>{ $count } things</strong> about yourself.
}{ $hidden ->
    [0] {""}
    [one] {" "}1 thing is hidden.
   *[other] {" "}{ $hidden } things are hidden.
}
information-lead = You choose what, what for and how long. Then it stops by itself and is gone.
information-now = What you tell now
information-could = What you can tell
information-could-text = Nothing is needed. The shop works just as well without.
information-for = for “{ $purpose }”
information-hidden = Hidden. Only you see this.
information-hidden-short = hidden
information-held = On hold. We do not use this now.
information-special = This can say something about your health or faith. You gave a separate permission for that.
information-hide = Hide
information-show = Show again
information-week = A week longer
information-week-device = A week longer, and remember this device as long
information-change = Change
information-gone = Take it back
information-gone-title = Tell this no more?
information-gone-text = We stop using it at once, and it is gone.
information-more = Who, until when, and what it brings you
information-brings = What does it bring?
information-brings-see = See your tips with and without.
information-since = Told: { $day }.
information-question = This stops by itself { $when }. Would you like it to stay a week longer?
information-rules = How it works
information-rule-end = What you tell stops at the moment you choose. Then we erase it.
information-rule-hide = If you hide something, nobody uses it any more. You still see it.
information-rule-age = We do not ask your year of birth. A birthday is for a wish, never for your age.
information-told = Told. { $item }: { $value }.
information-told-hidden = Hidden. We no longer use this: { $item }.
information-told-shown = It may be used again: { $item }.
information-told-stands = Nothing changed just now. This is how it stands: { $item }, { $left }.
information-told-longer = Longer: { $item }, { $left }.
information-told-still-hidden = Nothing changed: { $item } is hidden. Show it again first.
information-told-gone = Gone. We no longer use this: { $item }.

item-diet = Your diet
item-sizes = Your sizes
item-interests = Your interests
item-household = Your household
item-birthday = Your birthday
diet-vegetarian = vegetarian
diet-vegan = vegan
diet-pescatarian = fish, no meat
diet-halal = halal
diet-kosher = kosher
diet-gluten-free = gluten-free
diet-lactose-free = lactose-free
diet-nut-free = without nuts
diet-low-sugar = low in sugar
garment-tops = tops
garment-trousers = trousers
garment-dresses = dresses
garment-shoes = shoes
band-0-3 = 0 to 3 years
band-4-11 = 4 to 11 years
band-12-17 = 12 to 17 years
people-count-1 = alone
people-count-2 = the two of you
people-count-3-4 = 3 or 4 people
people-count-5-more = 5 people or more
household-with = { $people }, with children of { $ages }

brings-diet = We leave out tips that do not fit it. Always read the label too.
brings-nothing-diet = We do not know yet which of this shop’s products fit. For now nothing changes.
brings-sizes = You only see clothes that there are in your size.
brings-nothing-sizes = This shop has no clothes with sizes now. For now nothing changes.
brings-interests = You see more from the departments that you choose.
brings-household = We leave out tips for children of other ages, and show more for those of yours.
brings-nothing-household = This shop has nothing for a certain age now. For now nothing changes.
brings-birthday = On your birthday we wish you well in the shop.
brings-shared = The shop does nothing with it. Whom you chose may use it: { $names }.

tell-diet = What do you eat?
tell-diet-hint = Choose one or more. Only what this shop knows of its products is listed.
tell-sizes = Which sizes do you wear?
tell-sizes-hint = Fill in what you like. Leave the rest empty.
tell-birthday = When is your birthday?
tell-birthday-hint = Day and month only. We do not ask the year.
tell-interests = What interests you?
tell-interests-hint = Choose one or more departments.
tell-household = Who do you live with?
tell-household-hint = As exact as you like. We ask no names and no dates of birth.
tell-household-people = How many are you?
tell-household-children = Any children? Of which ages?
tell-day = Day
tell-month = Month
tell-purpose = What for, and who?
tell-purpose-line = For “{ $purpose }”. Only { $retailer } may use it.
tell-purpose-line-more = For “{ $purpose }”. Only { $retailer } may use it, on the computers of { $names }.
tell-explicit = We ask this apart
tell-explicit-yes = Yes, use this, even if it says something about my health or faith
tell-explicit-hint = Needed for: { $which }. Such a choice can reveal something about your health or faith. Without this tick we do not use it.
tell-yes = Tell this
tell-no = Rather not
tell-note = You can change, hide or take it back at any time, with one click.
tell-value-missing = First fill in what you want to tell.
tell-purpose-missing = First choose what for.
tell-purpose-shares = Only whom you choose below.
tell-partners = Share with whom?
tell-partners-hint = Only for a purpose for which we share. Without a tick nobody else gets it.
tell-partner-needless = Whom to share with is chosen only for a purpose for which we share. Choose that purpose, or take the tick away.
tell-explicit-missing = First tick “We ask this apart”, or choose “Rather not”.
tell-go = Fill this in
change-told-gone = We no longer use it, and it is gone.
change-told-gone-device = You told this on this device. We no longer use it, and it is gone.

glance-who = Who may use some of it
glance-before = { $name }: before, not any more
glance-until = Until when
glance-until-more = { $count ->
    [one] And 1 more
   *[other] And { $count } more
}
glance-law = And what your order or the law needs
home-rights = Download, stop, erase
home-told-nothing = You tell us nothing about yourself. It may stay that way.
home-only-told = Only what you tell us
home-only-shared-text = What you told may only be used by: { $names }.
home-only-told-text = What you tell yourself counts in your tips. Your purchases are not used for them.
home-told-go = Look, or tell something
row-for-you-note-told = Because of what you told us. Each product says why.
personal-told-note = What you tell yourself counts. What you buy does not.
greeting-birthday = Happy birthday!
greeting-why = You told us this yourself.

why-told-diet = This fits what you filled in yourself: <strong>{ $told }</strong>.
why-told-sizes = There is one in the size that you filled in yourself: <strong>{ $told }</strong>.
why-told-interests = You see this because you said that this interests you: <strong>{ $told }</strong>.
why-told-household = You see this because of what you told about your household: <strong>{ $told }</strong>.
because-told-diet = Fits what you filled in: { $told }.
because-told-sizes = In your size: { $told }.
because-told-interests = Because this interests you: { $told }.
because-told-household = Fits what you told about your household.
why-step-told = <b>{ $item }</b>: { $told } · { $when } · what you tell us
why-told-switch = May we still use { $item }?
why-told-text = If you hide it, nobody uses it from that moment on.
why-without = With this reason
why-without-hint = Switch off and see your list without.
without-page = Without this reason
without-title = Your list without this reason
without-quoted = “{ $item }”
without-items = The second list is as if you had never bought or looked at { $items }. Looking changes nothing.
without-told = The second list is as if you had never told us { $told }. Looking changes nothing.
without-both = The second list is as if you had never bought or looked at { $items }, and had never told us { $told }. Looking changes nothing.
without-nothing = There is no difference
without-hidden = You hid { $told }. Nobody uses it now, so your tips are the same with and without it.
without-shared = Only those you named may use { $told }. We do not use it for our tips.
without-held = We do not use { $told } now. Your tips are the same with and without it.
without-birthday = We use { $told } only to congratulate you. It changes nothing about your tips.
without-switch = Without this reason
compare-empty = There is nothing to show here now.
without-switch-hint = Switch on again and go back.
without-sum = { $count ->
    [0] Nothing changes in the first six tips.
    [one] 1 of the first six tips changes.
   *[other] { $count } of the first six tips change.
}
without-with = With this reason
without-without = Without this reason
without-gone = goes
without-new = comes in
without-note = Should we really stop using something? Hide it in My information, or stop it in My data.

difference-title = The difference
difference-lead = We work out once what your purchases do to your tips, and show both side by side. We only use purchases that we keep already, and do not keep what comes of it.
difference-go = Show the difference
difference-nothing = We have nothing of yours to go by yet.
difference-not-now = This cannot be done now. Nothing of yours was used.
difference-done = This was allowed once. It is noted as a use, and nothing new is switched on.
difference-without = Without your purchases
difference-without-note = This is what everybody sees.
difference-without-note-told = What you told us yourself counts in both lists.
difference-with = With your purchases
difference-with-note = Each tip says why.
difference-only-without = only without
difference-only-with = only with
difference-sum = { $count ->
    [0] Your purchases change none of the first six tips.
    [one] Your purchases change 1 of the first six tips.
   *[other] Your purchases change { $count } of the first six tips.
}
difference-kept = We did not keep these lists. Sensitive purchases were left out.

along-title = Take along what you chose here?
along-lead = You chose something on this device earlier, without logging in. You may take it along to your own data. Then it becomes one, and we forget this device.
along-whose = You are logged in as customer { $number }.
along-note = If you leave it here, it stays apart on this device.
along-yes = Take it along
along-no = Leave it here
along-done = Taken along. It now belongs to your own data.
along-done-nothing = Done. Nothing came along, and we forget this device.
along-done-noes = Done. What you did not want here now holds for all your data. We forget this device.
along-answered = This was answered already. Nothing changed just now.
along-gone = Nothing was taken along: by now it belongs to a customer already, or it is gone.
changed-meanwhile = Something changed meanwhile. Please look again.
along-left = Fine. It stays apart.
tell-who-others = Only { $names }.
information-others = We do not use this. Only { $names } may.
information-minor = This waits for your parent or guardian. We do not use it now.
along-comes = This comes along
along-both = Was on in both places. The shorter time counts, and only what you allowed twice.
along-both-paused = Was on in both places, and is paused in your own data. The shorter time counts, and only what you allowed twice.
along-paused = It is paused then.
along-newer = It comes in place of what you told as a customer.
along-older = What you told as a customer is newer. That stays.
along-older-hidden = What you told as a customer is hidden. That stays so.
along-hidden = Hidden. It stays so.
along-hidden-shared = Hidden. It stays so. Who gets it if you show it again: { $names }.
along-permits = May this be for your own data too?
along-permits-hint = You allowed this on this device only. With a tick it holds for all that we have of you. Without a tick it stops.
along-told = { $value }, for “{ $purpose }”, { $left }
along-through = Only through { $names }.
along-who = Who gets it: { $names }.
along-instead = With a tick this holds instead of what you told as a customer.
along-signalled = Your browser said no to this.
along-tells = May this come along too?
along-tells-hint = You told this on this device only. With a tick it goes on as it says here. Without a tick it stops.
along-noes = Here you said no
along-noes-hint = If you take it along, your no holds for all your data. If you leave it here, what you chose as a customer holds.
along-no-stops = As a customer you said yes. That then stops.
along-no-objected = You said that we must not do this. That then holds everywhere.
along-no-told = You took this back on this device, or said no to it. What you told as a customer stops then.
along-no-paused = Is paused. That then holds for all your data.
along-no-paused-both = Is paused. That then holds for all your data. Of your yes, the shorter time counts, and only what you allowed twice.
along-guardian = Younger than { $years }
along-guardian-text = It was said on this device that you are younger. If you take it along, a parent or guardian chooses for all your data, and what you allowed yourself stops.
along-ends-title = This does not come along
along-ends = As a customer you said no to this. It stays so.
along-ends-apart = Was on in both places, but you did not allow the same thing twice. It stops.
along-ends-told = As a customer you took this back. It stays so.
along-ends-held = You paused some of this, or said that we must not do it. If you take the rest along, this is gone.
along-stays-no = It stays no.
glance-nobody = Nobody.
glance-law-alone = What your order or the law needs
