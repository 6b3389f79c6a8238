//! Regions behind max poolings and within residual layers.

use nalgebra::DMatrix;
use vicinfo::Error;
use vicinfo::network::{
    Activation, Convolution, End, Initialisation, Layer, Linear, Network, Pooling, PoolingKind,
    Residual, Shape, Slice, Spread, Window,
};
use vicinfo::seed::Seed;

/// Units of the gates of the network below: 18 of the pooling, 18 behind it, 7 and 5 of the
/// residual layer, 5 behind it.
const UNITS: usize = 18 + 18 + 7 + 5 + 5;

fn network(seed: Seed) -> Network<f64> {
    let linear = |out: usize, dim: usize, label: &str| {
        let seed = seed.child(label);
        let weight = seed.child("weight").normal_matrix(out, dim) / (dim as f64).sqrt();
        let bias = seed
            .child("bias")
            .normal_matrix(out, 1)
            .column(0)
            .into_owned()
            * 0.3;
        Layer::Linear(Linear::new(weight, Some(bias)).unwrap())
    };
    let input = Shape::image(1, 6, 6);
    let window = Window::square(3, 1, 1);
    let seed_filter = seed.child("filter");
    let convolution = Convolution::draw(input, window, 2, Initialisation::He, seed_filter).unwrap();
    let pooling = Pooling::new(
        PoolingKind::Max,
        convolution.output(),
        Window::square(2, 2, 0),
    )
    .unwrap();
    let residual = Residual {
        body: vec![
            linear(7, 18, "first"),
            Layer::Activation(Activation::Absolute),
            linear(5, 7, "second"),
        ],
        shortcut: vec![
            linear(5, 18, "shortcut"),
            Layer::Activation(Activation::HardTanh),
        ],
    };
    let layers = vec![
        Layer::Convolution(convolution),
        Layer::Pooling(pooling),
        Layer::Activation(Activation::LeakyRelu { slope: 0.2 }),
        Layer::Residual(residual),
        Layer::Activation(Activation::Relu),
        linear(3, 5, "last"),
    ];
    Network::new(input, layers).unwrap()
}

#[test]
fn half_spaces_are_the_pattern() {
    let seed = Seed::root(41);
    let network = network(seed);
    let (mut inside, mut outside) = (0, 0);
    for (round, step) in [1e-3, 1e-2, 1e-1, 1.0].into_iter().enumerate() {
        let seed = seed.child("points").child(round);
        let centres = seed.child("centres").normal_matrix(36, 8);
        for (c, centre) in centres.column_iter().enumerate() {
            let centre = centre.into_owned();
            let here = DMatrix::from_columns(&[centre.column(0)]);
            let home = network.pattern(&here).unwrap();
            assert_eq!(home.units(), UNITS);
            let steps = seed.child("steps").child(c).normal_matrix(36, 60) * step;
            let points = DMatrix::from_fn(36, 60, |i, j| centre[i] + steps[(i, j)]);
            let flips = network.pattern(&points).unwrap().flips(&home).unwrap();
            let region = network.region(centre.as_slice()).unwrap();
            // Of each window of four, three inputs may take over.
            let others = (region.faces().iter().chain(region.dead()))
                .filter(|face| matches!(face.end, End::Other(_)));
            assert_eq!(others.count(), 3 * 18);
            for (flips, contained) in flips.iter().zip(region.contains(&points).unwrap()) {
                assert_eq!(*flips == 0, contained);
                if contained { inside += 1 } else { outside += 1 }
            }
            // On the region the network is the map of its centre.
            let affine = network.affine_at(centre.as_slice()).unwrap();
            let images = network.apply(&points).unwrap();
            for (j, flips) in flips.iter().enumerate() {
                let image = &affine.matrix * points.column(j) + &affine.offset;
                let error = (image - images.column(j)).norm();
                if *flips == 0 {
                    assert!(error <= 1e-13 * (1.0 + images.column(j).norm()), "{error}");
                }
            }
        }
    }
    assert!(inside > 200 && outside > 200, "{inside} {outside}");
}

#[test]
fn distances_are_those_of_the_half_spaces() {
    let seed = Seed::root(42);
    let network = network(seed);
    let points = seed.child("points").normal_matrix(36, 5);
    let factor = seed.child("factor").normal_matrix(36, 4);
    let distances = network
        .face_distances(&points, Spread::Factor(&factor))
        .unwrap();
    let mut layers = Vec::new();
    for (i, distances) in distances.iter().enumerate() {
        let point = DMatrix::from_columns(&[points.column(i)]);
        let region = network.region(point.as_slice()).unwrap();
        let margins = region.margins(&point).unwrap();
        let spread = region.normals() * &factor;
        assert_eq!(distances.dead, region.dead());
        assert_eq!(distances.faces.len(), region.faces().len());
        for (j, found) in distances.faces.iter().enumerate() {
            assert_eq!(found.face, region.faces()[j]);
            let expected = margins[(j, 0)] / spread.row(j).norm();
            assert!((found.distance - expected).abs() < 1e-10 * (1.0 + expected));
            layers.push(found.face.layer);
        }
    }
    layers.sort_unstable();
    layers.dedup();
    // The residual layer's own layers are counted in its place: 3, 4, 5 and 6, 7.
    assert_eq!(layers, [1, 2, 4, 7, 8]);
}

#[test]
fn slices_and_inverses_refuse_them_by_name() {
    let network = network(Seed::root(43));
    let (first, second) = (
        Seed::root(1).normal_matrix(36, 1),
        Seed::root(2).normal_matrix(36, 1),
    );
    let ends = (-1.0, 1.0);
    let slice =
        Slice::rectangle(&[0.0; 36], first.as_slice(), second.as_slice(), ends, ends).unwrap();
    let Err(Error::InvalidParameter { name, value, .. }) = network.cells(&slice) else {
        panic!("a max pooling was cut")
    };
    assert_eq!(
        (name.as_str(), value.as_str()),
        ("layer 1", "a max pooling")
    );
    let Err(Error::InvalidParameter { name, .. }) = network.inverse() else {
        panic!("a convolution was inverted")
    };
    assert_eq!(name, "layer 0");
}
