#pragma once

#include <string_view>

namespace niwaki {

/// The certificate's style sheet. It prints: no colour carries a meaning that words do not.
inline constexpr std::string_view kCertificateStyle = R"css(
:root{color-scheme:light dark;--paper:#f6f5f0;--panel:#fff;--ink:#1b2420;--muted:#56635b;--rule:#dcdfd6;--good:#1d6b50;
--good-soft:#e3efe8;--bad:#a33a08;--bad-soft:#fbeee3}
@media screen and (prefers-color-scheme:dark){:root{--paper:#111513;--panel:#191f1c;--ink:#e7ece8;--muted:#a3afa8;
--rule:#2d3531;--good:#7fcdaa;--good-soft:#1d332a;--bad:#f0a06a;--bad-soft:#38261a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 4rem}
header{border-left:.5rem solid var(--bad);background:var(--bad-soft);padding:1rem 1.5rem;margin-bottom:1.5rem}
header.granted{border-color:var(--good);background:var(--good-soft)}
header p{overflow-wrap:anywhere}
.verdict{margin:0;font-weight:700;letter-spacing:.06em;text-transform:uppercase;color:var(--bad)}
.granted .verdict{color:var(--good)}
h1{margin:.2rem 0 .6rem;font-size:1.6rem;line-height:1.2;overflow-wrap:anywhere}
h2{margin:2.2rem 0 .6rem;font-size:1.2rem;border-bottom:1px solid var(--rule);padding-bottom:.2rem;overflow-wrap:anywhere}
h3{margin:1.2rem 0 .4rem;font-size:1rem}
.note{color:var(--muted);font-size:.9rem;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;background:var(--panel);font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left;overflow-wrap:break-word;min-width:11rem;max-width:24rem}
td:last-child{min-width:6rem}
th{font-weight:600;color:var(--muted)}
tr.fails td:last-child,li.fails b{color:var(--bad);font-weight:600}
tr.holds td:last-child,li.holds b{color:var(--good);font-weight:600}
tr.open td:last-child,li.open{color:var(--muted)}
tr.hash td{font-family:ui-monospace,monospace;font-size:.75rem;text-align:left;overflow-wrap:anywhere}
pre{background:var(--panel);border:1px solid var(--rule);padding:.8rem;overflow-x:auto;font-size:.85rem}
li{margin:.3rem 0;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--muted);font-size:.9rem;margin:.8rem 0 .4rem}
@media print{body{background:#fff}main{max-width:none;padding:0}tr,li{break-inside:avoid}}
)css";

}  // namespace niwaki
