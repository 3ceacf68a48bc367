//! Tests of signing in at upstreams.

mod flow;
