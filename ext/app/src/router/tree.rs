//! The radix tree: literals compressed by common prefixes; below a node come literals first,
//! then constrained parameters in the order of registration, free ones, the rest of the path.
//! A miss further down comes back here, so a constraint that refuses does not hide another route.

use super::constraint::Constraint;
use super::params::{self, DecodeError, Ranges};
use super::pattern::Piece;
use std::sync::Arc;

/// Stops a search whose in-segment parameters could split a hostile path in too many ways.
const SPLITS: u32 = 16_384;

/// So many children are gone through one by one.
const FEW: usize = 3;

#[derive(Debug, Default)]
struct Node {
    prefix: Vec<u8>,
    children: Vec<u32>,
    /// First bytes of the children's prefixes, at the same index.
    heads: Vec<u8>,
    /// The child for each byte, 0 for none (that is the root); where there are too many to go through. Made by [`Tree::seal`].
    by_byte: Option<Box<[u16; 256]>>,
    params: Vec<ParamEdge>,
    rest: Option<u32>,
    leaf: Option<u32>,
}

impl Node {
    /// The child whose text begins with this byte.
    #[inline(always)]
    fn child(&self, byte: u8) -> Option<u32> {
        if let Some(by_byte) = &self.by_byte {
            let child = by_byte[usize::from(byte)];
            return (child > 0).then_some(child.into());
        }
        let at = self.heads.iter().position(|head| *head == byte)?;
        self.children.get(at).copied()
    }
}

/// Does a text begin with another one? Most are short, and a call that compares costs more than they do.
#[inline(always)]
fn begins(text: &[u8], start: &[u8]) -> bool {
    if start.len() > 16 {
        return text.starts_with(start);
    }
    start.len() <= text.len() && start.iter().zip(text).all(|(a, b)| a == b)
}

#[derive(Debug)]
struct ParamEdge {
    constraint: Option<Arc<Constraint>>,
    node: u32,
    /// Set when nothing but '/' or the end can follow: then there is one way to split.
    whole: bool,
}

/// A tree of leaf numbers.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl Tree {
    /// The leaf slot at the end of these pieces, made where missing.
    pub(super) fn slot(&mut self, pieces: &[Piece]) -> &mut Option<u32> {
        let mut at = 0;
        for (i, piece) in pieces.iter().enumerate() {
            at = match piece {
                Piece::Text(text) => self.text(at, text),
                Piece::Param(_, constraint) => {
                    let whole = match pieces.get(i + 1) {
                        Some(Piece::Text(t)) => t.first() == Some(&b'/'),
                        _ => true,
                    };
                    self.param(at, constraint.as_ref(), whole)
                }
                Piece::Rest(_) => match self.nodes[at as usize].rest {
                    Some(n) => n,
                    None => {
                        let n = self.new_node(Node::default());
                        self.nodes[at as usize].rest = Some(n);
                        n
                    }
                },
            };
        }
        &mut self.nodes[at as usize].leaf
    }

    /// Nothing is added any more.
    pub(super) fn seal(&mut self) {
        if self.nodes.len() > usize::from(u16::MAX) {
            return;
        }
        for node in self.nodes.iter_mut().filter(|n| n.heads.len() > FEW) {
            let mut by_byte = Box::new([0; 256]);
            for (head, child) in node.heads.iter().zip(&node.children) {
                by_byte[usize::from(*head)] = *child as u16;
            }
            node.by_byte = Some(by_byte);
        }
    }

    fn new_node(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        // A tree has at most a few nodes per route.
        (self.nodes.len() - 1) as u32
    }

    fn param(&mut self, at: u32, constraint: Option<&Arc<Constraint>>, whole: bool) -> u32 {
        let source = constraint.map(|c| c.source());
        let edges = &mut self.nodes[at as usize].params;
        if let Some(e) = edges
            .iter_mut()
            .find(|e| e.constraint.as_ref().map(|c| c.source()) == source)
        {
            e.whole &= whole;
            return e.node;
        }
        let node = self.new_node(Node::default());
        let edges = &mut self.nodes[at as usize].params;
        let edge = ParamEdge {
            constraint: constraint.cloned(),
            node,
            whole,
        };
        let free = edges
            .iter()
            .position(|e| e.constraint.is_none())
            .unwrap_or(edges.len());
        edges.insert(
            if constraint.is_some() {
                free
            } else {
                edges.len()
            },
            edge,
        );
        node
    }

    fn text(&mut self, mut at: u32, mut text: &[u8]) -> u32 {
        while let Some(first) = text.first() {
            let Some(i) = self.nodes[at as usize]
                .heads
                .iter()
                .position(|h| h == first)
            else {
                let child = self.new_node(Node {
                    prefix: text.to_vec(),
                    ..Node::default()
                });
                let node = &mut self.nodes[at as usize];
                node.heads.push(*first);
                node.children.push(child);
                return child;
            };
            let child = self.nodes[at as usize].children[i];
            let prefix = &self.nodes[child as usize].prefix;
            let common = prefix.iter().zip(text).take_while(|(a, b)| a == b).count();
            if common < prefix.len() {
                self.split(child, common);
            }
            at = child;
            text = &text[common..];
        }
        at
    }

    /// Cuts a node's prefix at `common`; what was below goes to a new child.
    fn split(&mut self, at: u32, common: usize) {
        let mut upper = Node {
            prefix: self.nodes[at as usize].prefix[..common].to_vec(),
            ..Node::default()
        };
        let head = self.nodes[at as usize].prefix[common];
        let mut lower = std::mem::take(&mut self.nodes[at as usize]);
        lower.prefix.drain(..common);
        let lower = self.new_node(lower);
        upper.heads.push(head);
        upper.children.push(lower);
        self.nodes[at as usize] = upper;
    }

    /// The first leaf that [`Tree::search`] offers, found without one: for a path without escapes,
    /// where no choice has to be taken back.
    pub(super) fn first(&self, path: &[u8], ranges: &mut Ranges) -> First {
        let Some(mut node) = self.nodes.first() else {
            return First::Nothing;
        };
        let mut at = 0;
        // Has a way been passed by that the path may have taken too?
        let mut forked = false;
        let ended = |forked| match forked {
            true => First::Unknown,
            false => First::Nothing,
        };
        while let Some(byte) = path.get(at) {
            forked |= node.rest.is_some();
            if let Some(child) = node.child(*byte) {
                let child = &self.nodes[child as usize];
                // Their first bytes are the same.
                if begins(&path[at + 1..], &child.prefix[1..]) {
                    at += child.prefix.len();
                    forked |= !node.params.is_empty();
                    node = child;
                    continue;
                }
            }
            let Some(edge) = node.params.first() else {
                return ended(forked);
            };
            forked |= node.params.len() > 1;
            let end = path[at..]
                .iter()
                .position(|b| *b == b'/')
                .map_or(path.len(), |n| at + n);
            if edge.constraint.is_some() || !edge.whole || end == at {
                return First::Unknown;
            }
            ranges.push(at, end);
            node = &self.nodes[edge.node as usize];
            at = end;
        }
        match node.leaf {
            Some(leaf) => First::Leaf(leaf),
            None => ended(forked || node.rest.is_some() || !node.params.is_empty()),
        }
    }

    /// Offers every leaf that the path fits, best first, until `take` returns true.
    pub(super) fn search(
        &self,
        path: &[u8],
        ranges: &mut Ranges,
        take: &mut dyn FnMut(u32, &Ranges) -> bool,
    ) -> Result<bool, DecodeError> {
        let mut search = Search {
            tree: self,
            path,
            splits: SPLITS,
            broken: None,
        };
        let found = search.walk(0, 0, ranges, take);
        match search.broken {
            Some(e) if !found => Err(e),
            _ => Ok(found),
        }
    }
}

/// What [`Tree::first`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Leaf(u32),
    /// The path fits no pattern.
    Nothing,
    /// Only a search can tell.
    Unknown,
}

struct Search<'t, 'p> {
    tree: &'t Tree,
    path: &'p [u8],
    splits: u32,
    /// A value that could not be decoded for its constraint.
    broken: Option<DecodeError>,
}

type Take<'f> = &'f mut dyn FnMut(u32, &Ranges) -> bool;

impl Search<'_, '_> {
    /// Recursion is as deep as a pattern has pieces, not as the path has segments.
    fn walk(&mut self, node: u32, at: usize, ranges: &mut Ranges, take: Take<'_>) -> bool {
        let node = &self.tree.nodes[node as usize];
        if at == self.path.len() {
            return node.leaf.is_some_and(|leaf| take(leaf, ranges));
        }
        if let Some((byte, _)) = params::step(self.path, at)
            && let Some(child) = node.child(byte)
            && let Some(after) = eat(self.path, at, &self.tree.nodes[child as usize].prefix)
            && self.walk(child, after, ranges, take)
        {
            return true;
        }
        if !node.params.is_empty() {
            let end = memchr::memchr(b'/', &self.path[at..]).map_or(self.path.len(), |n| at + n);
            for edge in &node.params {
                if self.param(edge, at, end, ranges, take) {
                    return true;
                }
            }
        }
        if let Some(rest) = node.rest {
            ranges.push(at, self.path.len());
            if self.walk(rest, self.path.len(), ranges, take) {
                return true;
            }
            ranges.pop();
        }
        false
    }

    fn param(
        &mut self,
        edge: &ParamEdge,
        at: usize,
        end: usize,
        ranges: &mut Ranges,
        take: Take<'_>,
    ) -> bool {
        let mut to = end;
        while to > at {
            let in_escape = to < end && self.path[at..to].iter().rev().take(2).any(|b| *b == b'%');
            if !in_escape && self.accepts(edge, at, to) {
                ranges.push(at, to);
                if self.walk(edge.node, to, ranges, take) {
                    return true;
                }
                ranges.pop();
            }
            if edge.whole || self.splits == 0 {
                return false;
            }
            self.splits -= 1;
            to -= 1;
        }
        false
    }

    fn accepts(&mut self, edge: &ParamEdge, from: usize, to: usize) -> bool {
        let Some(constraint) = &edge.constraint else {
            return true;
        };
        let raw = &self.path[from..to];
        if memchr::memchr(b'%', raw).is_none() {
            return std::str::from_utf8(raw).is_ok_and(|v| constraint.accepts(v));
        }
        let mut buffer = [0; 512];
        match params::decode_into(raw, &mut buffer) {
            Ok(Some(v)) => constraint.accepts(v),
            Ok(None) => params::decode(raw).is_ok_and(|v| constraint.accepts(&v)),
            Err(e) => {
                // A split inside an escape is no fault of the client's.
                if edge.whole {
                    self.broken = Some(e);
                }
                false
            }
        }
    }
}

/// Where the path goes on after `text`; escapes count as the byte they stand for, but an
/// escaped slash is data and never separates segments (RFC 3986, 2.2).
fn eat(path: &[u8], mut at: usize, text: &[u8]) -> Option<usize> {
    if path[at..].starts_with(text) && !text.contains(&b'%') {
        return Some(at + text.len());
    }
    for want in text {
        let (byte, width) = params::step(path, at)?;
        if byte != *want || (width == 3 && byte == b'/') {
            return None;
        }
        at += width;
    }
    Some(at)
}
