//! Reaches: `Written::read` (TOML, every table, globs, limits, dates, `[[expect]]`), `model::compile`, `Policy::open`, `policy::run`.
//! Holds: whatever is read without an error compiles, opens, is the same image twice, and has rows that can be run.
#![no_main]

use caltrop::Policy;
use caltrop::image::Floor;
use caltrop_control::diagnostic::Source;
use caltrop_control::policy::{Written, is_current, run};
use caltrop_fuzz::house::{STAMP, signer, trust};
use caltrop_fuzz::planted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    planted(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let public = *signer().verifying_key().as_bytes();
    let written = match Written::read(Source::new("policy.toml", text), &|_| Ok(public)) {
        Ok(written) => written,
        Err(report) => {
            assert!(report.to_string().contains("policy.toml:"), "an error says where it is");
            return;
        }
    };
    let image = written.image().expect("what is read compiles").finish(&signer(), STAMP);
    Policy::open(&image, &trust(&written.policy.name), Floor::NONE).expect("what compiles opens");
    if written.expires_s == 0 {
        assert_eq!(is_current(&written, &image), Ok(true));
    }
    if written.expects.len() <= 4 {
        run(&written).expect("its rows can be run");
    }
});
