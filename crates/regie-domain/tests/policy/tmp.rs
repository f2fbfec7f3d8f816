#[test]
fn probe() {
    use jiff::Timestamp as T;
    for t in [T::MIN, T::MAX] {
        println!("{t} {} {:?}", t.as_millisecond(), T::from_millisecond(t.as_millisecond()));
    }
    let t = regie_domain::time::Time::from_millis(i64::MAX);
    println!("{} {} {}", t.millis(), t, t.to_jiff());
}
