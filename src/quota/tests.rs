use super::*;
use governor::clock::FakeRelativeClock;

const SECOND: Duration = Duration::from_secs(1);

fn limits(count: u32, period: Duration, burst: u32, concurrency: u32) -> Limits {
    Limits { rate: Some(Rate { count, period, burst }), concurrency, ..Limits::default() }
}

fn quota() -> (FakeRelativeClock, Quota<FakeRelativeClock>) {
    let clock = FakeRelativeClock::default();
    (clock.clone(), Quota::with_clock(clock))
}

/// How long the principal is told to wait; zero if it is let through.
fn wait(quota: &Quota<FakeRelativeClock>, principal: &str, limits: &Limits) -> Duration {
    match quota.enter(principal, limits) {
        Ok(_) => Duration::ZERO,
        Err(exceeded) => exceeded.retry_after().unwrap(),
    }
}

#[test]
fn a_burst_is_let_through_and_then_the_rate() {
    let (clock, quota) = quota();
    let limits = limits(60, 60 * SECOND, 3, 10);
    for _ in 0..3 {
        assert_eq!(wait(&quota, "ana", &limits), Duration::ZERO);
    }
    assert_eq!(wait(&quota, "ana", &limits), SECOND);
    clock.advance(SECOND / 4);
    assert_eq!(wait(&quota, "ana", &limits), SECOND * 3 / 4);
    // Waiting as long as one was told is enough; not waiting is not.
    clock.advance(SECOND * 3 / 4);
    assert_eq!(wait(&quota, "ana", &limits), Duration::ZERO);
    assert_eq!(wait(&quota, "ana", &limits), SECOND);
    clock.advance(100 * SECOND);
    let through = (0..10).filter(|_| quota.enter("ana", &limits).is_ok()).count();
    assert_eq!(through, 3);
}

#[test]
fn over_an_hour_no_more_than_the_rate_and_one_burst() {
    let (clock, quota) = quota();
    let limits = limits(7, 60 * SECOND, 5, 1);
    let mut through = 0;
    for _ in 0..36_000 {
        through += u32::from(quota.enter("ana", &limits).is_ok());
        clock.advance(SECOND / 10);
    }
    assert!((7 * 60..=7 * 60 + 5).contains(&through), "{through}");
}

#[test]
fn principals_do_not_share() {
    let (_, quota) = quota();
    let limits = limits(1, 60 * SECOND, 1, 1);
    let _running = quota.enter("ana", &limits).unwrap();
    let _other = quota.enter("bob", &limits).unwrap();
    assert_eq!(quota.enter("ana", &limits).unwrap_err(), Exceeded::Concurrency { limit: 1 });
    assert_eq!(quota.enter("bob", &limits).unwrap_err(), Exceeded::Concurrency { limit: 1 });
}

#[test]
fn a_permit_counts_until_it_is_dropped() {
    let (_, quota) = quota();
    let limits = Limits { concurrency: 2, ..Limits::default() };
    let first = quota.enter("ana", &limits).unwrap();
    let second = quota.clone().enter("ana", &limits).unwrap();
    let refused = quota.enter("ana", &limits).unwrap_err();
    assert_eq!((refused, refused.retry_after()), (Exceeded::Concurrency { limit: 2 }, None));
    drop(first);
    let third = quota.enter("ana", &limits).unwrap();
    assert!(quota.enter("ana", &limits).is_err());
    drop((second, third));
    assert!(lock(&quota.counts).running.is_empty());
}

#[test]
fn a_call_refused_for_others_running_uses_up_no_rate() {
    let (_, quota) = quota();
    let limits = limits(2, 60 * SECOND, 2, 1);
    let running = quota.enter("ana", &limits).unwrap();
    for _ in 0..10 {
        assert_eq!(quota.enter("ana", &limits).unwrap_err(), Exceeded::Concurrency { limit: 1 });
    }
    drop(running);
    drop(quota.enter("ana", &limits).unwrap());
    assert!(matches!(quota.enter("ana", &limits).unwrap_err(), Exceeded::Rate { .. }));
    assert!(lock(&quota.counts).running.is_empty(), "a call refused by its rate runs");
}

#[test]
fn a_reloaded_policy_holds_from_the_next_call_on() {
    let (_, quota) = quota();
    let wide = Limits { concurrency: 3, ..Limits::default() };
    let _three = [(); 3].map(|()| quota.enter("ana", &wide).unwrap());
    assert!(quota.enter("ana", &Limits { concurrency: 4, ..wide.clone() }).is_ok());
    assert!(quota.enter("ana", &Limits { concurrency: 1, ..wide }).is_err());
}

#[test]
fn zeros_let_nothing_through() {
    let (clock, quota) = quota();
    for limits in [limits(0, SECOND, 1, 1), limits(1, Duration::ZERO, 1, 1), limits(1, SECOND, 0, 1)] {
        let refused = quota.enter("ana", &limits).unwrap_err();
        assert!(matches!(refused, Exceeded::Rate { retry_after: None, .. }), "{refused}");
        clock.advance(10 * SECOND);
    }
    assert!(quota.enter("ana", &Limits { concurrency: 0, ..Limits::default() }).is_err());
}

#[test]
fn what_makes_no_difference_is_forgotten() {
    let (clock, quota) = quota();
    let limits = limits(1, SECOND, 2, 1);
    for principal in 0..100 {
        quota.enter(&format!("p{principal}"), &limits).map(drop).unwrap();
    }
    let known =
        |quota: &Quota<FakeRelativeClock>| lock(&quota.counts).limiters.values().map(Limiter::len).sum::<usize>();
    quota.tidy();
    assert_eq!(known(&quota), 100);
    clock.advance(5 * SECOND);
    quota.enter("p0", &limits).map(drop).unwrap();
    quota.tidy();
    assert_eq!(known(&quota), 1);
    clock.advance(5 * SECOND);
    quota.tidy();
    assert!(lock(&quota.counts).limiters.is_empty());
}

#[test]
fn threads_never_exceed_the_limits_together() {
    let quota = Quota::new();
    let limits = limits(100, Duration::from_secs(3600), 100, 4);
    let running = std::sync::atomic::AtomicU32::new(0);
    let through: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let call = |_: &i32| {
                        let Ok(_permit) = quota.enter("ana", &limits) else { return false };
                        assert!(running.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 4);
                        std::thread::yield_now();
                        running.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        true
                    };
                    (0..500).filter(call).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(through, 100);
}

#[tokio::test]
async fn the_timer_tidies_and_ends_with_the_quota() {
    let quota = Quota::new();
    drop(quota.enter("ana", &limits(1_000_000, SECOND, 1, 1)).unwrap());
    quota.tidy_every(Duration::from_millis(1));
    let gone = Arc::downgrade(&quota.counts);
    for _ in 0..5000 {
        if lock(&quota.counts).limiters.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(lock(&quota.counts).limiters.is_empty());
    drop(quota);
    for _ in 0..5000 {
        if gone.upgrade().is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(gone.upgrade().is_none());
}
