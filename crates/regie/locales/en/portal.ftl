# My data.
home-title = My data
home-heading = { $kinds ->
    [0] { $paused ->
        [0] We have <strong>no data</strong> about you now.
        [one] We have <strong>1 kind of data</strong> about you now. It is paused.
       *[other] We have <strong>{ $paused } kinds of data</strong> about you now. They are paused.
    }
    [one] We now use <strong>1 kind of data</strong> about you.{ $paused ->
        [0] {""}
        [one] {" "}<strong>1 other</strong> is paused.
       *[other] {" "}<strong>{ $paused } others</strong> are paused.
    }
   *[other] We now use <strong>{ $kinds } kinds of data</strong> about you.{ $paused ->
        [0] {""}
        [one] {" "}<strong>1 other</strong> is paused.
       *[other] {" "}<strong>{ $paused } others</strong> are paused.
    }
} { $companies ->
    [0] <strong>No other company</strong> may use any of it.
    [one] <strong>1 other company</strong> may { $still ->
        [yes] still keep some of it
       *[no] use some of it
    }: { $names }.
   *[other] <strong>{ $companies } other companies</strong> may { $still ->
        [yes] still keep some of it
       *[no] use some of it
    }: { $names }.
}
home-heading-paused = <strong>Everything is paused.</strong> We keep what we have about you and do not use it, except for { $except }{ $count ->
    [0] .
   *[other] , and for what you said yes to after that: { $names }.
}{ $told ->
    [0] {""}
   *[other] {" "}What you told us after that may be used: { $items }.
}
home-unpause = Use it again
home-unpause-some = See what is paused
home-lead-known = You are here as customer no. { $number }. You decide what is allowed, and for how long.
home-lead-anonymous = We do not know who you are. What you choose here holds for this device. You decide what is allowed, and for how long.
home-ended = On { $day } we changed something about “{ $purpose }”. Your yes ended then.
home-ended-guarded = On { $day } we changed something about “{ $purpose }”. The yes of your parent or guardian ended then.
home-ended-both = On { $day } we changed something about “{ $purpose }”. Your yes ended then. So did what you told us for it: { $items }.
home-ended-told = On { $day } we changed something about “{ $purpose }”. What you told us for it ended then: { $items }.
home-ended-go = See what is different
home-dropped = On { $day } we stopped with “{ $purpose }”.
home-dropped-yes = Your yes for it ended then.
home-dropped-told = What you told us for it is no longer used: { $items }.
home-dropped-go = See your timeline
home-on = What is on now
home-nothing-on = Nothing extra is on
home-nothing-on-text = The shop just works. You see popular products. If you want to allow something, choose below, for as long as you like.
home-more = { $count ->
    [one] 1 more permission
   *[other] { $count } more permissions
}
home-could = Not allowed yet
home-could-text = Say yes or no, purpose by purpose. You can always change it later.
home-could-more = { $count ->
    [one] 1 more purpose
   *[other] { $count } more purposes
}
home-refused = You said no to these
home-refused-text = We do not use these. We will not ask again.
home-refused-told = Except what you told for it yourself: { $items }.
home-refused-change = Have a look after all
home-presets = Choose all at once
home-presets-text = First you see what changes. Then you save it.
preset-nothing = Nothing extra
preset-nothing-text = Only what your order or the law needs.
preset-visit = This visit only
preset-visit-text = Tips while you are in the shop now. Then everything stops.
preset-own = Choose myself
preset-own-text = Yes or no for each purpose, and for how long.
preset-nothing-lead = Everything you allowed stops. This changes:
preset-visit-lead = Tips only while you are in the shop now. This changes:
preset-own-lead = Below is everything that you can allow. Nothing changes before you choose, purpose by purpose.
preset-no-change = Nothing changes. It was like this already.
preset-save = Save
preset-own-go = Go and choose
preset-saved-nothing = Saved. Nothing extra is on any more.
preset-saved-visit = Saved. Tips are allowed during this visit. Then it stops by itself.
change-stops = Stops now.
change-stops-device = Stops now. You chose this on this device.
now-on = Is on now.
now-off = Is off now.
change-visit = Allowed during this visit. Then it stops by itself.
leave-as-is = Leave it as it is
home-have = What we have about you
home-have-nothing = We have kept nothing about you yet.
home-have-newest = newest: { $day }
download = Download
download-text = Everything we have about you, in one file.
download-file = my-data
download-automated = A computer chooses our tips. It counts what is often bought together, and goes by what you bought, looked at and told us yourself, as far as you allow that. Nothing of importance to you is decided with it.
download-visit-kept = in memory only
stop-all = Stop everything
stop-all-text = All permissions off at once.
erase = Erase my data
erase-text = You first read what goes and what stays.
home-unless = We do this unless you say no
home-unless-text = This needs no permission. You can always say no.
objected = is off
object = Say no
object-undo = Allow after all
object-told = Saved. We no longer do this: “{ $name }”.
object-undone = Saved. This is allowed again: “{ $name }”.
object-undone-asks = Saved. You took your no back: “{ $name }”. It is only allowed once you say yes.
weighing = being considered
object-back = Take it back
object-weighing-stopped = Saved. We have stopped this and are considering your objection: “{ $name }”. You will hear what we decide.
object-weighing = Saved. We are considering your objection, and you will hear what we decide. This protects others, so it goes on until then: “{ $name }”.
home-needed = Needed for your order or the law
home-needed-text = You cannot switch this off. We use it for nothing else.
basis-law = the law
basis-order = our agreement
stop = Stop
change-length = Longer or shorter
how-it-works = How does this work?
could-yes = Yes, choose how long
could-no = No
could-ended = stopped on { $day }
could-changed = ended on { $day }, because we changed something
card-from = from { $categories }
card-held = Paused: { $categories }.
tell-why = Why?
tell-what = What do we do?
tell-who = Who may use it?
tell-until = Until when?
tell-changes = What changes if you stop?
tell-refuse = What if you say no?
tell-who-retailer = { $retailer } alone.
tell-who-chosen = { $retailer }, and whom you choose: { $names }.
tell-who-more = { $retailer }, and also { $names }.
stopped = Stopped: “{ $purpose }”. This permission no longer holds.
refused-told = Saved. You said no to “{ $purpose }”. We do not do this.
given-stands = Nothing changed just now. This is how it stands: “{ $purpose }”, { $left }.
given-told = Allowed: “{ $purpose }”, { $left }.
stopped-told = We no longer use or share what you told for it: { $items }.
also-stopped = Nothing was on that could be stopped.
longer-not = Nothing changed: this is no longer on, or is paused.

ask-title = How long may this?
ask-how-long = How long may this?
ask-how-long-hint = It is up to you. Nothing was filled in for you, and nothing changes before you press a button below.
ask-date-label = Up to and including this date
ask-which-data = Which data?
ask-which-data-hint = What is not needed is off. Switch on what you like.
ask-needed = This always comes with it.
ask-who = Who else?
ask-who-hint = Without a tick it stays with us.
ask-who-needed-hint = Tick who may get it. At least one is needed.
ask-where = Where?
ask-where-hint = It may be used in these places.
ask-device = On this device
ask-device-hint = We do not know who you are. After this visit only a cookie lets us recognise you.
ask-device-yes = Remember this device
ask-device-yes-hint = One cookie, for as long as you choose above. It stops when you stop.
ask-device-missing = Without a cookie we do not recognise this device for so long. Choose “This visit”, or switch on “Remember this device”.
ask-missing = First choose how long this may be.
permit-changed-title = We changed something
permit-changed = So your yes ended on { $day }. Read what is different, and choose anew if you like.
permit-changed-guarded = The yes of your parent or guardian therefore ended on { $day }. Read what is different.
permit-changed-before = Before
permit-changed-after = Now
permit-changed-all-longer = We keep everything for this longer.
permit-changed-all-shorter = We keep everything for this for less time.
permit-changed-not = That was not part of it
permit-changed-no-more = No more
permit-changed-told = So what you told us for this ended on { $day }. Read what is different. You can tell it again.
ask-recipient-missing = First choose whom we may share with.
ask-objected = You said that we may not do this. It stays like that until you take it back. Then you can choose how long it may be.
ask-objected-back = Take my no back
ask-date-missing = Choose a date from tomorrow, at most five years ahead.
ask-choose = Choose how long
ask-choose-who = Choose with whom
ask-choose-device = Go to “Remember this device”
ask-choose-date = Choose a date
age-title = Are you { $years } or older?
age-hint = Under { $years } a parent or guardian chooses. We do not ask your date of birth, and keep only yes or no.
age-yes = Yes
age-no = No
age-missing = Say first whether you are { $years } or older.
age-answer = Answer
age-guardian = Under { $years }, or with a guardian, your parent or guardian chooses what may be on here. Customer service can arrange that. The shop works as usual.
allow = Allow
do-not-allow = Do not allow
period-once = Once
period-once-end = For the very next time. Then it is used up.
period-visit = This visit
period-visit-end = While you are in the shop now.
period-day = 1 day
period-week = 1 week
period-month = 1 month
period-date = Until a date
period-date-end = That whole day still counts.
period-withdrawn = Until I stop
period-withdrawn-end = You can stop at any moment.
period-until = until { $end }
result-moment = Until { $end }. Then it stops by itself.
result-once = Once. Then it is used up, and stops by itself.
result-visit = This visit. When you leave, it stops by itself.
result-withdrawn = Until you stop it. You can do that here, with one click.

stop-all-title = Stop everything?
stop-all-lead = All your permissions stop at once. The shop goes on working. The data for your orders stays.
stop-all-note = What was sent cannot be recalled.
stop-all-yes = Stop everything
stop-all-nothing = Nothing is on. There is nothing to stop.
stop-all-done = Stopped. Not one permission is on any more.

erase-title = Erase my data
erase-lead = This cannot be undone. First read what goes and what stays.
erase-goes = This goes
erase-goes-count = { $count ->
    [one] 1 entry
   *[other] { $count } entries
}
erase-goes-choices = Your choices
erase-goes-choices-text = Everything you allowed or refused.
erase-goes-learned = What our tips learned from you
erase-goes-learned-text = { $count ->
    [0] We learned nothing from you.
    [one] 1 visit. Others’ tips become as if we had never seen it.
   *[other] { $count } visits. Others’ tips become as if we had never seen them.
}
erase-stays = This stays
erase-stays-nothing = Nothing.
erase-stays-sent = Received some of your data before. We cannot take that back.
erase-stays-law = Up to and including { $day }: because the law asks for it. We use it for nothing else.
erase-stays-proof = Up to and including { $day }: as proof in a dispute in court. We use it for nothing else.
erase-sure = Are you sure?
erase-sure-text = After this we do not know you, and you cannot come in here any more.
erase-download-first = Download everything first
erase-yes = Erase everything
erase-no = Leave it
erased-device-only = What you chose on this device is erased. Number of your request: { $number }. The rest is not erased yet. Try again.
erased-page = Erased
erased-visit = Nothing of you was kept. What this visit still knew is gone now too.
erased-title = Your data is erased.
erased-lead = We do not know you any more. The shop just works; you see popular products.
erased-number = Number of your request
erased-number-text = This number is all that recalls your request. Keep it if you may want to ask about it later.

why-page = Why do I see this?
why-title = Why do I see this?
why-link = Why do I see this?
why-often = You see this because you often buy <strong lang="{ $lang }">{ $item }</strong>.
why-bought = You see this because you bought <strong lang="{ $lang }">{ $item }</strong>.
why-viewed = You see this because you looked at <strong lang="{ $lang }">{ $item }</strong>.
why-visit = You see this because of what you looked at during this visit: <strong lang="{ $lang }">{ $item }</strong>. We do not keep that.
why-again = You see this because you often buy it.
why-before = You see this because you bought it before.
why-new = You see this because it is new in the shop. It fits a department that is among your tips.
why-popular = You see this because many customers buy it. We used nothing about you.
why-not-shown = We did not show you this product as a tip. So nothing about you was used.
why-also = And also because of this:
why-new-switch-off = No personal tips? You can switch them off under <a href="/mijn">My data</a>.
why-step = <b lang="{ $lang }">{ $item }</b> · { $when } · { $category }
why-step-visit = <b lang="{ $lang }">{ $item }</b> · this visit · not kept
why-switch = Is this still allowed: “{ $purpose }”?
why-until = { $left }. If you stop, you see no more tips of this kind at once.

link-title = Welcome to My data
link-lead = This button takes you to your own page. After that the link no longer works.
link-as = This is the page of customer { $number }.
link-as-nobody = This is a page without a customer number.
link-leaves = You are logged in as customer { $number } now; that ends then.
link-go = Continue
signed-out-title = You are logged out
signed-out-lead = See you next time. Your choices stay as you left them.
home-lead = You decide what is allowed, and for how long.
device-title = This device
device-unknown = We recognise this device during this visit only. After it we no longer know what you chose, unless you want us to remember.
device-known = We recognise this device by one cookie: { $left }. If you stop that, all that you allowed here stops too.
device-known-always = We recognise this device by one cookie, until you stop it. If you do, all that you allowed here stops too.
device-remember = Remember this device
device-forgotten = Stopped. We do not recognise this device any more, and all that you allowed here has stopped.
device-forgotten-beside = Stopped. We do not recognise this device any more. What you allowed here without logging in has stopped too.
device-beside = On this device you chose something without logging in. That is apart: what you see above is not about it. Stopping, pausing or erasing everything does reach it.
device-beside-paused = On this device you chose something without logging in. That is apart: what you see above is not about it. It is paused now.
device-log-in = Are you a customer? Log in at the shop. You then see your own data, and can take along what you chose here.
ask-device-known-hint = We recognise this device already: { $left }. For longer, this tick is needed.
ask-longer-hint = Longer than this visit? Then also tick “Remember this device” below.
ask-longer-known-hint = We already recognise this device: { $left }. For longer, also tick “Remember this device” below.
preset-nothing-already = Good. Nothing extra is on.
preset-device-nothing = After that we do not recognise this device any more. Nor do we remember what you said no to; nothing is on then.
preset-device-visit = We do not recognise this device after this visit.
stop-all-device = This device too we do not recognise after that. What was sent cannot be recalled.
erase-goes-visit = This visit
erase-goes-visit-text = What you looked at, and your basket.
erase-goes-device-text = The cookie goes. We do not recognise this device any more.
erase-goes-beside = { $count ->
    [one] The cookie goes, and what you chose here without logging in: 1 entry.
   *[other] The cookie goes, and what you chose here without logging in: { $count } entries.
}
erase-sure-device = After that you start anew, as if you had never been here.

contest-title = Decisions about you
contest-lead = Here a computer decides something that matters to you. You may always ask a person to look at it.
contest-decided = What is decided
contest-do = Let a person look at it
contest-waits = A person is going to look at it. The answer will stand here.
contest-yours = What you asked before
contest-asked = You asked this { $day }.
contest-answered = Answered { $day }.
contest-you-wrote = You wrote:
contest-reason = Why do you not agree?
contest-reason-hint = You do not have to say. It helps whoever looks at it.
contest-too-long = This is too long. Make it shorter; nothing was sent yet.
contest-upheld = The decision stands.
contest-changed = The decision was changed.
contest-done = Noted. A person is going to look at it.
contest-already = You asked this before. What you wrote now was not kept: what you asked earlier is there already.
contest-link = Let a person look at a decision
