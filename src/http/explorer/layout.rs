//! Where the nodes of a layered drawing stand: columns given by the caller (a trail has one for each layer of
//! the ontology), an order within them in which few links cross, and room for the links that pass through.
//!
//! The order is made of two parts. Nodes on circles, and the origin, form the core: its columns are sorted by
//! the barycentre of their neighbours, sweep by sweep, and the sweep with the fewest crossings counts (Sugiyama,
//! Tagawa, Toda 1981). What hangs on the core as a tree stands beside the node it hangs on, in preorder, by id.
//! A new leaf therefore moves no node past another. All ties are broken by id: the same graph, in whatever
//! order it is given, is drawn the same. O(sweeps · E log V).

use std::collections::BTreeMap;

/// Width and height of a node, and of the space between columns and between rows, in pixels.
pub(super) const NODE: (f64, f64) = (208.0, 56.0);
pub(super) const BETWEEN: (f64, f64) = (124.0, 20.0);
/// Height that a passing link takes in a column.
const LANE: f64 = 14.0;
/// Space around everything, and above it for the names of the columns.
pub(super) const MARGIN: f64 = 16.0;
pub(super) const HEAD: f64 = 40.0;
/// From one end of a link to the next at the side of a node, at most.
const PORT: f64 = 9.0;
/// Times that the order is improved.
const SWEEPS: usize = 12;

/// What is to be drawn.
pub(super) struct Graph<'a> {
    /// Nodes: what tells each apart, and its column.
    pub(super) nodes: Vec<(&'a str, usize)>,
    /// Columns there are; those without nodes are not drawn.
    pub(super) columns: usize,
    /// From where to where, as indices of nodes.
    pub(super) links: Vec<(usize, usize)>,
    /// The node that all hangs together by, if one is.
    pub(super) origin: Option<usize>,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    /// Its column and its row within it, from 0.
    pub(super) column: usize,
    pub(super) row: usize,
    /// Its left upper corner.
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A finished drawing, in pixels.
#[derive(Debug, PartialEq)]
pub(super) struct Layout {
    /// Of each node.
    pub(super) places: Vec<Spot>,
    /// Of each link: the points it passes, from its beginning to its end.
    pub(super) routes: Vec<Vec<(f64, f64)>>,
    /// Left edge of each column.
    pub(super) columns: Vec<f64>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Lays a graph out.
pub(super) fn layout(graph: &Graph<'_>) -> Layout {
    let net = Net::of(graph);
    let columns = net.ordered(graph.origin);
    net.placed(graph, &columns)
}

/// Nodes and lanes, the places where long links pass through a column, joined only from one column to the next or within one.
struct Net<'a> {
    /// What tells each apart: of a lane, the ends of its link, its number among those of the same ends, and its column.
    keys: Vec<(&'a str, &'a str, usize, usize)>,
    /// Column of each.
    column: Vec<usize>,
    near: Vec<Vec<usize>>,
    /// Lanes of each link, from its beginning to its end.
    lanes: Vec<Vec<usize>>,
    count: usize,
}

impl<'a> Net<'a> {
    fn of(graph: &Graph<'a>) -> Net<'a> {
        let mut net = Net {
            keys: graph.nodes.iter().map(|(id, _)| (*id, "", 0, 0)).collect(),
            column: graph.nodes.iter().map(|(_, column)| *column).collect(),
            near: vec![Vec::new(); graph.nodes.len()],
            lanes: Vec::new(),
            count: graph.columns,
        };
        let mut parallel: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (from, to) in graph.links.iter().copied() {
            let nth = parallel.entry((from, to)).or_default();
            let (a, b) = (net.column[from], net.column[to]);
            let passed: Vec<usize> = if a < b { (a + 1..b).collect() } else { (b + 1..a).rev().collect() };
            let mut lanes = Vec::new();
            let mut last = from;
            for column in passed {
                let lane = net.keys.len();
                net.keys.push((graph.nodes[from].0, graph.nodes[to].0, *nth + 1, column));
                net.column.push(column);
                net.near.push(Vec::new());
                net.join(last, lane);
                lanes.push(lane);
                last = lane;
            }
            net.join(last, to);
            net.lanes.push(lanes);
            *nth += 1;
        }
        let keys = &net.keys;
        net.near.iter_mut().for_each(|near| near.sort_by_key(|part| keys[*part]));
        net
    }

    fn join(&mut self, a: usize, b: usize) {
        if a != b && !self.near[a].contains(&b) {
            self.near[a].push(b);
            self.near[b].push(a);
        }
    }

    /// All, column by column, each from top to bottom.
    fn ordered(&self, origin: Option<usize>) -> Vec<Vec<usize>> {
        let hung = self.hung(origin);
        let core: Vec<bool> = hung.iter().map(Option::is_none).collect();
        let order = self.swept(&core);
        let mut at = vec![0.5; self.keys.len()];
        for column in &order {
            for (row, node) in column.iter().enumerate() {
                at[*node] = (row as f64 + 0.5) / column.len() as f64;
            }
        }
        // Each by the height of the node of the core that it hangs on, then in preorder of its tree.
        let mut sorted: Vec<(usize, usize, usize)> = Vec::new();
        for root in (0..self.keys.len()).filter(|node| core[*node]) {
            let mut waiting = vec![root];
            while let Some(node) = waiting.pop() {
                sorted.push((node, root, sorted.len()));
                let mut below: Vec<usize> = self.near[node].clone();
                below.retain(|other| hung[*other] == Some(node));
                below.sort_by_key(|other| std::cmp::Reverse(&self.keys[*other]));
                waiting.extend(below);
            }
        }
        sorted.sort_by(|(a, root_a, nth_a), (b, root_b, nth_b)| {
            let heights = at[*root_a].total_cmp(&at[*root_b]);
            let roots = || self.keys[*root_a].cmp(&self.keys[*root_b]);
            let keys = || self.keys[*a].cmp(&self.keys[*b]);
            heights.then_with(roots).then(nth_a.cmp(nth_b)).then_with(keys)
        });
        let mut columns = vec![Vec::new(); self.count];
        for (node, _, _) in sorted {
            columns[self.column[node]].push(node);
        }
        columns
    }

    /// What each hangs on that is on no circle and is not the origin; none for those of the core. Of a part that is
    /// a tree without the origin, what remains last is the core.
    fn hung(&self, origin: Option<usize>) -> Vec<Option<usize>> {
        let mut degree: Vec<usize> = self.near.iter().map(Vec::len).collect();
        let mut hung = vec![None; self.keys.len()];
        let mut gone = vec![false; self.keys.len()];
        let mut waiting: Vec<usize> =
            (0..degree.len()).filter(|node| degree[*node] == 1 && Some(*node) != origin).collect();
        waiting.sort_by_key(|node| std::cmp::Reverse(&self.keys[*node]));
        while let Some(node) = waiting.pop() {
            let Some(on) = self.near[node].iter().copied().find(|other| !gone[*other]) else { continue };
            hung[node] = Some(on);
            gone[node] = true;
            degree[on] -= 1;
            if degree[on] == 1 && Some(on) != origin {
                waiting.push(on);
            }
        }
        hung
    }

    /// The core in the best order that sweeps find.
    fn swept(&self, core: &[bool]) -> Vec<Vec<usize>> {
        let mut columns = vec![Vec::new(); self.count];
        for node in (0..self.keys.len()).filter(|node| core[*node]) {
            columns[self.column[node]].push(node);
        }
        for column in &mut columns {
            column.sort_by_key(|node| &self.keys[*node]);
        }
        let mut row = vec![0; self.keys.len()];
        let number = |columns: &[Vec<usize>], row: &mut [usize]| {
            for column in columns {
                column.iter().enumerate().for_each(|(at, node)| row[*node] = at);
            }
        };
        number(&columns, &mut row);
        let mut best = (self.crossings(&columns, &row, core), columns.clone());
        for sweep in 0..SWEEPS {
            let order: Vec<usize> =
                if sweep % 2 == 0 { (0..self.count).collect() } else { (0..self.count).rev().collect() };
            for at in order {
                let heights: Vec<f64> = columns.iter().map(|column| column.len() as f64).collect();
                let height = |node: usize| (row[node] as f64 + 0.5) / heights[self.column[node]];
                let centre = |node: &usize| {
                    let (mut sum, mut count) = (0.0, 0);
                    for other in self.near[*node].iter().filter(|other| core[**other]) {
                        let before = match sweep % 2 {
                            0 => self.column[*other] <= at,
                            _ => self.column[*other] >= at,
                        };
                        if before || sweep % 4 > 1 {
                            sum += height(*other);
                            count += 1;
                        }
                    }
                    if count == 0 { height(*node) } else { sum / f64::from(count) }
                };
                let mut sorted: Vec<(f64, usize)> =
                    columns[at].iter().map(|node| (centre(node), *node)).collect();
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| self.keys[a.1].cmp(&self.keys[b.1])));
                columns[at] = sorted.into_iter().map(|(_, node)| node).collect();
                number(&columns[at..=at], &mut row);
            }
            let crossings = self.crossings(&columns, &row, core);
            if crossings < best.0 {
                best = (crossings, columns.clone());
            }
        }
        best.1
    }

    /// Pairs of links that cross between two columns: inversions, counted by merging.
    fn crossings(&self, columns: &[Vec<usize>], row: &[usize], of: &[bool]) -> usize {
        let mut crossings = 0;
        for column in columns {
            let mut ends: Vec<usize> = Vec::new();
            for node in column {
                let right = |other: &&usize| of[**other] && self.column[**other] == self.column[*node] + 1;
                let mut rows: Vec<usize> =
                    self.near[*node].iter().filter(right).map(|other| row[*other]).collect();
                rows.sort_unstable();
                ends.extend(rows);
            }
            crossings += inversions(&mut ends);
        }
        crossings
    }

    /// Columns side by side, each centred, and the links between them.
    fn placed(&self, graph: &Graph<'_>, columns: &[Vec<usize>]) -> Layout {
        let is_node = |part: usize| part < graph.nodes.len();
        let is_drawn = |column: &&Vec<usize>| column.iter().any(|part| is_node(*part));
        let columns: Vec<&Vec<usize>> = columns.iter().filter(is_drawn).collect();
        let tall = |part: usize| if is_node(part) { NODE.1 } else { LANE };
        let gap = |a: usize, b: usize| if is_node(a) || is_node(b) { BETWEEN.1 } else { 0.0 };
        let height_of = |column: &[usize]| {
            let gaps: f64 = column.windows(2).map(|pair| gap(pair[0], pair[1])).sum();
            column.iter().map(|part| tall(*part)).sum::<f64>() + gaps
        };
        let most = columns.iter().map(|column| height_of(column)).fold(0.0, f64::max);
        let mut at = vec![(0.0, 0.0); self.keys.len()];
        let nowhere = Spot { column: 0, row: 0, x: 0.0, y: 0.0 };
        let mut places = vec![nowhere; graph.nodes.len()];
        let lefts: Vec<f64> =
            (0..columns.len()).map(|column| MARGIN + column as f64 * (NODE.0 + BETWEEN.0)).collect();
        for (number, column) in columns.iter().enumerate() {
            let mut y = HEAD + MARGIN + ((most - height_of(column)) / 2.0).round();
            for (index, part) in column.iter().copied().enumerate() {
                at[part] = (lefts[number], y);
                if is_node(part) {
                    let row = column[..index].iter().filter(|part| is_node(**part)).count();
                    places[part] = Spot { column: number, row, x: lefts[number], y };
                }
                y += tall(part) + column.get(index + 1).map_or(0.0, |next| gap(part, *next));
            }
        }
        let width = lefts.last().map_or(0.0, |left| left + NODE.0) + MARGIN;
        let routes = self.routes(graph, &at);
        Layout { places, routes, columns: lefts, width, height: HEAD + 2.0 * MARGIN + most }
    }

    /// The points that each link passes; at the side of a node, links stand apart, in the order of where they lead.
    fn routes(&self, graph: &Graph<'_>, at: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let middle = |part: usize| {
            let tall = if part < graph.nodes.len() { NODE.1 } else { LANE };
            at[part].1 + tall / 2.0
        };
        // Where a column is not drawn, nothing is passed through.
        let drawn = |lanes: &Vec<usize>| lanes.iter().copied().filter(|lane| at[*lane].0 > 0.0).collect();
        let lanes: Vec<Vec<usize>> = self.lanes.iter().map(drawn).collect();
        // The ends of each link: the node, whether at its right side, and what comes next from there.
        let ends: Vec<[(usize, bool, usize); 2]> = graph
            .links
            .iter()
            .enumerate()
            .map(|(link, (from, to))| {
                let lanes = &lanes[link];
                let (first, last) =
                    (lanes.first().copied().unwrap_or(*to), lanes.last().copied().unwrap_or(*from));
                let right = |node: usize, next: usize| self.column[next] >= self.column[node];
                [(*from, right(*from, first), first), (*to, right(*to, last), last)]
            })
            .collect();
        let mut sides: BTreeMap<(usize, bool), Vec<(usize, usize)>> = BTreeMap::new();
        for (link, both) in ends.iter().enumerate() {
            for (end, (node, right, _)) in both.iter().enumerate() {
                sides.entry((*node, *right)).or_default().push((link, end));
            }
        }
        let mut ports = vec![[0.0; 2]; graph.links.len()];
        for side in sides.values_mut() {
            let toward = |(link, end): &(usize, usize)| ends[*link][*end].2;
            side.sort_by(|a, b| {
                let heights = middle(toward(a)).total_cmp(&middle(toward(b)));
                heights.then_with(|| self.keys[toward(a)].cmp(&self.keys[toward(b)])).then(a.cmp(b))
            });
            let step = PORT.min((NODE.1 - 16.0) / side.len() as f64);
            for (nth, (link, end)) in side.iter().enumerate() {
                ports[*link][*end] = (nth as f64 - (side.len() - 1) as f64 / 2.0) * step;
            }
        }
        let edge = |node: usize, right: bool, port: f64| {
            (if right { at[node].0 + NODE.0 } else { at[node].0 }, middle(node) + port)
        };
        (0..graph.links.len())
            .map(|link| {
                let [(from, right, _), (to, arrives_right, _)] = ends[link];
                let mut points = vec![edge(from, right, ports[link][0])];
                for lane in &lanes[link] {
                    let (left, y) = (at[*lane].0, middle(*lane));
                    let through = [(left, y), (left + NODE.0, y)];
                    points.extend(if right { through } else { [through[1], through[0]] });
                }
                points.push(edge(to, arrives_right, ports[link][1]));
                points
            })
            .collect()
    }
}

/// How many pairs stand in the wrong order; sorts them.
fn inversions(list: &mut [usize]) -> usize {
    if list.len() < 2 {
        return 0;
    }
    let (left, right) = list.split_at_mut(list.len() / 2);
    let mut count = inversions(left) + inversions(right);
    let (mut merged, mut taken) = (Vec::with_capacity(left.len() + right.len()), 0);
    for item in left.iter() {
        while taken < right.len() && right[taken] < *item {
            merged.push(right[taken]);
            taken += 1;
        }
        count += taken;
        merged.push(*item);
    }
    merged.extend_from_slice(&right[taken..]);
    list.copy_from_slice(&merged);
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Nodes with their columns, links between them; the first node is the origin, from which a tree reaches all.
    fn graphs() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize)>)> {
        (1..40_usize).prop_flat_map(|count| {
            let columns = prop::collection::vec(0..7_usize, count);
            let tree: Vec<_> = (1..count).map(|node| (0..node, any::<bool>())).collect();
            let more = prop::collection::vec((0..count, 0..count), 0..count);
            (columns, tree, more).prop_map(|(columns, tree, more)| {
                let tree = tree.into_iter().enumerate().map(
                    |(at, (on, away))| {
                        if away { (on, at + 1) } else { (at + 1, on) }
                    },
                );
                let links = tree.chain(more).filter(|(from, to)| from != to).collect();
                (columns, links)
            })
        })
    }

    fn names(count: usize) -> Vec<String> {
        // Not in the order of their numbers, so that sorting by name is seen.
        (0..count).map(|node| format!("{:03}", (node * 37 + 11) % 997)).collect()
    }

    fn graph<'a>(names: &'a [String], columns: &[usize], links: &[(usize, usize)]) -> Graph<'a> {
        let nodes = names.iter().map(String::as_str).zip(columns.iter().copied()).collect();
        Graph { nodes, columns: 7, links: links.to_vec(), origin: Some(0) }
    }

    /// Names of each column, from top to bottom.
    fn orders<'a>(graph: &Graph<'a>, layout: &Layout) -> BTreeMap<usize, Vec<&'a str>> {
        let mut all: Vec<_> = graph.nodes.iter().zip(&layout.places).collect();
        all.sort_by_key(|(_, place)| (place.column, place.row));
        let mut orders: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        all.into_iter().for_each(|((id, column), _)| orders.entry(*column).or_default().push(id));
        orders
    }

    proptest! {
        #[test]
        fn no_node_lies_on_another_and_all_lie_within((columns, links) in graphs()) {
            let names = names(columns.len());
            let drawn = layout(&graph(&names, &columns, &links));
            for (at, a) in drawn.places.iter().enumerate() {
                prop_assert!(a.x >= 0.0 && a.x + NODE.0 <= drawn.width && a.y >= HEAD && a.y + NODE.1 <= drawn.height);
                for b in &drawn.places[at + 1..] {
                    let apart = (a.x - b.x).abs() >= NODE.0 || (a.y - b.y).abs() >= NODE.1;
                    prop_assert!(apart, "{a:?} {b:?}");
                }
            }
        }

        #[test]
        fn columns_stand_in_the_order_of_their_numbers((columns, links) in graphs()) {
            let names = names(columns.len());
            let drawn = layout(&graph(&names, &columns, &links));
            for (a, at) in columns.iter().zip(&drawn.places) {
                for (b, other) in columns.iter().zip(&drawn.places) {
                    prop_assert_eq!(a.cmp(b), at.x.total_cmp(&other.x));
                }
            }
        }

        #[test]
        fn a_link_runs_from_its_beginning_to_its_end_and_through_no_node((columns, links) in graphs()) {
            let names = names(columns.len());
            let drawn = layout(&graph(&names, &columns, &links));
            for ((from, to), route) in links.iter().zip(&drawn.routes) {
                let touches = |node: usize, point: (f64, f64)| {
                    let place = drawn.places[node];
                    (point.0 == place.x || point.0 == place.x + NODE.0) && point.1 > place.y && point.1 < place.y + NODE.1
                };
                prop_assert!(touches(*from, route[0]) && touches(*to, route[route.len() - 1]), "{route:?}");
                // Within a column a link runs level: from one side to the other.
                for pair in route[1..route.len() - 1].chunks(2) {
                    let (y, left) = (pair[0].1, pair[0].0.min(pair[1].0));
                    prop_assert_eq!(y, pair[1].1);
                    let hit = drawn.places.iter().any(|place| place.x == left && y > place.y && y < place.y + NODE.1);
                    prop_assert!(!hit, "{:?} at {}", route, y);
                }
            }
        }

        #[test]
        fn it_does_not_matter_in_which_order_the_graph_is_given((columns, links) in graphs(), by in 1..40_usize) {
            let names = names(columns.len());
            let count = columns.len();
            let first = layout(&graph(&names, &columns, &links));
            let turned = |node: usize| (node + by) % count;
            let mut moved: Vec<(&str, usize)> = vec![("", 0); count];
            (0..count).for_each(|node| moved[turned(node)] = (names[node].as_str(), columns[node]));
            let other = links.iter().rev().map(|(from, to)| (turned(*from), turned(*to))).collect();
            let second = layout(&Graph { nodes: moved, columns: 7, links: other, origin: Some(turned(0)) });
            for node in 0..count {
                prop_assert_eq!(first.places[node], second.places[turned(node)]);
            }
        }

        #[test]
        fn a_new_leaf_moves_no_node_past_another(
            (columns, links) in graphs(), on in 0..40_usize, column in 0..7_usize, name in "[0-9]{3}", away in any::<bool>()
        ) {
            let mut names = names(columns.len());
            let before = graph(&names, &columns, &links);
            let old = orders(&before, &layout(&before));
            let old: BTreeMap<usize, Vec<String>> =
                old.into_iter().map(|(column, order)| (column, order.into_iter().map(str::to_owned).collect())).collect();
            let (leaf, on) = (columns.len(), on % columns.len());
            let name = format!("{name}x");
            names.push(name.clone());
            let columns = [columns, vec![column]].concat();
            let links = [links, vec![if away { (on, leaf) } else { (leaf, on) }]].concat();
            let after = graph(&names, &columns, &links);
            let mut new = orders(&after, &layout(&after));
            new.values_mut().for_each(|order| order.retain(|id| *id != name));
            new.retain(|_, order| !order.is_empty());
            let new: BTreeMap<usize, Vec<String>> =
                new.into_iter().map(|(column, order)| (column, order.into_iter().map(str::to_owned).collect())).collect();
            prop_assert_eq!(old, new);
        }
    }

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        // Two circles that the order by name twines.
        let names: Vec<String> = ["a1", "a2", "b1", "b2", "b3", "b4", "c1", "c2"].map(str::to_owned).to_vec();
        let links = [(0, 2), (0, 5), (1, 3), (1, 4), (2, 7), (5, 7), (3, 6), (4, 6)];
        let all = graph(&names, &[0, 0, 1, 1, 1, 1, 2, 2], &links);
        let (net, drawn) = (Net::of(&all), layout(&all));
        let rows: Vec<usize> = drawn.places.iter().map(|place| place.row).collect();
        let columns = net.ordered(Some(0));
        assert_eq!(net.crossings(&columns, &rows, &[true; 8]), 0, "{columns:?}");
    }

    #[test]
    fn inversions_are_the_pairs_in_the_wrong_order() {
        for (list, count) in [
            (vec![], 0),
            (vec![1], 0),
            (vec![1, 2, 3], 0),
            (vec![3, 2, 1], 3),
            (vec![2, 2, 1], 2),
            (vec![1, 3, 2, 0], 4),
        ] {
            assert_eq!(inversions(&mut list.clone()), count, "{list:?}");
        }
    }
}
