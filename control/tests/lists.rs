//! Lists are read as they are published; one network that cannot be read refuses them, at its line.

use caltrop_control::diagnostic::Source;
use caltrop_control::lists::{Format, numbered, read};

const CSV: Format<'_> = Format::Csv { network: "network", label: Some("who") };

const AWS: &str = r#"{
  "syncToken": "1", "createDate": "2026-01-01-00-00-00",
  "prefixes": [
    {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1"}
  ],
  "ipv6_prefixes": [
    {"ipv6_prefix": "2001:db8::/32", "region": "eu-west-1", "service": "S3", "network_border_group": "eu-west-1"}
  ]
}"#;

const GOOGLE: &str = r#"{"syncToken": "1", "prefixes": [
  {"ipv4Prefix": "192.0.2.0/24", "service": "Google Cloud", "scope": "europe-west1"},
  {"ipv6Prefix": "2001:db8::/32"}
]}"#;

const AZURE: &str = r#"{"changeNumber": 1, "cloud": "Public", "values": [
  {"name": "AzureFrontDoor", "id": "AzureFrontDoor", "properties": {"region": "", "addressPrefixes": ["192.0.2.0/24", "2001:db8::/32"]}}
]}"#;

fn said(text: &str, format: Format<'_>) -> Vec<String> {
    let listed = read(&Source::new("list", text), format).unwrap();
    listed.iter().map(|one| format!("{} {}", one.cidr, one.label)).collect()
}

#[test]
fn each_format_gives_networks_and_labels() {
    assert_eq!(said("\n# none\n 192.0.2.0/24 # one\r\n2001:db8::/32", Format::Plain), ["192.0.2.0/24 ", "2001:db8::/32 "]);
    let csv = "\u{feff}who,network,more\r\n\"a, or \"\"b\"\"\",192.0.2.0/24,\r\nc, 2001:db8::/32 ,x\r\n\r\n";
    assert_eq!(said(csv, CSV), ["192.0.2.0/24 a, or \"b\"", "2001:db8::/32 c"]);
    assert_eq!(said("network\n192.0.2.1\n", Format::Csv { network: "network", label: None }), ["192.0.2.1/32 "]);
    assert_eq!(said(AWS, Format::Aws), ["192.0.2.0/24 EC2", "2001:db8::/32 S3"]);
    assert_eq!(said(GOOGLE, Format::Google), ["192.0.2.0/24 europe-west1", "2001:db8::/32 "]);
    assert_eq!(said(AZURE, Format::Azure), ["192.0.2.0/24 AzureFrontDoor", "2001:db8::/32 AzureFrontDoor"]);
}

#[test]
fn a_fault_has_its_line_and_its_mend() {
    for (text, format, says) in [
        ("192.0.2.0/24\n\n  192.0.2.1/24\n", Format::Plain, "list:3:3: network \"192.0.2.1/24\": bits are set behind the prefix length"),
        ("192.0.2.1/24\n", Format::Plain, "write 192.0.2.0/24, if that is meant"),
        ("192.0.2.0/24, 198.51.100.0/24\n", Format::Plain, "list:1:1: network"),
        ("192.0.2.0/33\n", Format::Plain, "give 0 to 32"),
        ("# all gone\n", Format::Plain, "list:1:1: no networks"),
        ("<html>\n", Format::Plain, "list:1:1: network \"<html>\": not an IPv4 or IPv6 address"),
        ("cidr,who\n192.0.2.0/24,a\n", CSV, "list:1:1: no column \"network\": choose one of: cidr, who"),
        ("network,whose\n192.0.2.0/24,a\n", CSV, "list:1:1: no column \"who\""),
        ("network,who\n192.0.2.0/24\n", CSV, "list:2:1: 1 fields where the first line has 2"),
        ("network,who\n\"192.0.2.0/24,a\n", CSV, "list:2:1: a quoted field does not end"),
        ("who,network\na,010.0.0.0/8\n", CSV, "list:2:3: network \"010.0.0.0/8\": a number begins with 0"),
        (&AWS.replace("2001:db8::/32", "2001:db8::1/32"), Format::Aws, "list:7:22: network \"2001:db8::1/32\""),
        (&AWS.replace("ip_prefix", "prefix"), Format::Aws, "list:4:"),
        (&AWS[..100], Format::Aws, "EOF while parsing"),
        (GOOGLE, Format::Azure, "missing field `values`"),
        (&GOOGLE.replace("ipv6Prefix", "other"), Format::Google, "prefixes[1] has not exactly one network"),
    ] {
        let told = read(&Source::new("list", text), format).unwrap_err().to_string();
        assert!(told.contains(says), "{told}\nwanted: {says}");
    }
}

#[test]
fn a_list_of_another_format_is_told_in_a_few_lines() {
    let report = read(&Source::new("list", "nonsense\n".repeat(10_000)), Format::Plain).unwrap_err();
    assert_eq!(report.found.len(), 20);
}

#[test]
fn labels_are_numbered_from_one() {
    let listed = read(&Source::new("list", "network,who\n10.0.0.0/8,a\n10.8.0.0/16,b\n11.0.0.0/8,a\n"), CSV).unwrap();
    let (prefixes, labels) = numbered(&listed);
    assert_eq!(prefixes.iter().map(|prefix| prefix.value).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(labels, ["a", "b"]);
}
