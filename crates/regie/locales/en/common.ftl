# Said on every page. You; short sentences; no fear, no nag.
skip-to-content = Skip to content
nav-label = Main menu
language-label = Language
portal-name = My data
to-the-shop = To the shop
sign-out = Log out
scope = This covers everything that runs through this system.
complain-officer = Questions or a complaint? Write to
complain-authority = You can also turn to the supervisory authority:
back = Back
back-to-mine = My data
close = Close
today = today
today-at = today at { $clock }
on-day = on { $day }
yesterday = yesterday
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
until-clock = { $day }, { $clock }
left-under-an-hour = less than an hour left
left-hours = { $count ->
    [one] 1 hour left
   *[other] { $count } hours left
}
left-days = { $count ->
    [one] 1 day left
   *[other] { $count } days left
}
left-until = until { $day }
left-through = up to and including { $day }
until-visit = this visit
until-visit-elsewhere = during another visit, as in another browser
until-once = once
until-withdrawn = until you stop it
until-moment = Until { $end }.
list-and = { $first } and { $last }

problem-not-found-title = This page does not exist
problem-not-found-text = Perhaps the address was copied wrongly. Nothing happened to your data.
problem-link-used-title = This link was used already
problem-link-used-text = A link works once, so that nobody else can reach your data with it. Ask for a new one in the shop.
problem-link-expired-title = This link has expired
problem-link-expired-text = A link works for a short time only, for your safety. Ask for a new one in the shop.
problem-link-broken-title = This link is not right
problem-link-broken-text = Perhaps a part of the link fell off. Ask for a new one in the shop.
problem-form-expired-title = Once more, please
problem-form-expired-text = The page was open for too long. Nothing changed. Log in again if need be, and choose once more.
problem-gone-title = We do not know you any more
problem-gone-text = This data was erased. There is nothing left to show.
problem-busy-title = It is too busy just now
problem-busy-text = Nothing changed. Try again in a minute.
problem-refused-title = That was not possible
problem-refused-text = Nothing changed. Go back and choose again.
problem-wrong-title = Something went wrong on our side
problem-wrong-text = Nothing changed. Try again later.
