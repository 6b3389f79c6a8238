//! Convolutions and poolings against their defining sums.

use nalgebra::{DMatrix, DVector};
use vicinfo::network::{
    Activation, BatchNorm, Convolution, Initialisation, Layer, Network, Pooling, PoolingKind,
    Residual, Shape, Window,
};
use vicinfo::seed::Seed;

/// Number `(channel, y, x)` of an image, zero in the padding.
fn at(image: &[f64], shape: Shape, channel: usize, y: isize, x: isize) -> f64 {
    let inside = |value: isize, side: usize| usize::try_from(value).ok().filter(|v| *v < side);
    match (inside(y, shape.height), inside(x, shape.width)) {
        (Some(y), Some(x)) => image[(channel * shape.height + y) * shape.width + x],
        _ => 0.0,
    }
}

fn defining_sum(convolution: &Convolution<f64>, image: &[f64]) -> Vec<f64> {
    let (input, output, window) = (
        convolution.input(),
        convolution.output(),
        convolution.window(),
    );
    let mut sums = Vec::new();
    for filter in 0..output.channels {
        for oy in 0..output.height {
            for ox in 0..output.width {
                let mut sum = convolution.bias().map_or(0.0, |bias| bias[filter]);
                for c in 0..input.channels {
                    for ky in 0..window.height {
                        for kx in 0..window.width {
                            let k = (c * window.height + ky) * window.width + kx;
                            let y = (oy * window.stride + ky) as isize - window.padding as isize;
                            let x = (ox * window.stride + kx) as isize - window.padding as isize;
                            sum += convolution.weight()[(k, filter)] * at(image, input, c, y, x);
                        }
                    }
                }
                sums.push(sum);
            }
        }
    }
    sums
}

/// Shapes with one tile, many tiles a point, many points a tile, blocks of channels, and every
/// kind of margin.
fn cases() -> Vec<(Shape, Window, usize, usize)> {
    let window = |height, width, stride, padding| Window {
        height,
        width,
        stride,
        padding,
    };
    vec![
        (Shape::image(1, 1, 1), window(1, 1, 1, 0), 1, 1),
        (Shape::image(3, 5, 7), window(3, 3, 1, 1), 4, 5),
        (Shape::image(2, 24, 20), window(3, 3, 1, 1), 3, 2),
        (Shape::image(2, 9, 8), window(2, 4, 2, 1), 5, 19),
        (Shape::image(3, 11, 10), window(3, 2, 3, 2), 2, 30),
        (Shape::image(2, 3, 3), window(2, 2, 4, 3), 2, 4),
        (Shape::image(70, 4, 4), window(3, 3, 1, 1), 6, 40),
        (Shape::image(40, 8, 8), window(3, 3, 2, 1), 8, 20),
        (Shape::image(1, 2, 300), window(2, 5, 1, 4), 2, 2),
    ]
}

fn layer(case: &(Shape, Window, usize, usize), bias: bool) -> Convolution<f64> {
    let (input, window, filters, _) = *case;
    let seed = Seed::root(5);
    let drawn: Convolution<f64> =
        Convolution::draw(input, window, filters, Initialisation::He, seed).unwrap();
    let offsets = seed.child("bias").normal_matrix(filters, 1);
    let offsets = DVector::from_column_slice(offsets.as_slice());
    Convolution::new(
        input,
        window,
        drawn.weight().clone(),
        bias.then_some(offsets),
    )
    .unwrap()
}

#[test]
fn convolution_is_its_defining_sum() {
    for case in cases() {
        for bias in [false, true] {
            let convolution = layer(&case, bias);
            let points = Seed::root(6).normal_matrix(case.0.size(), case.3);
            let network =
                Network::new(case.0, vec![Layer::Convolution(convolution.clone())]).unwrap();
            let images = network.apply(&points).unwrap();
            for (point, image) in points.column_iter().zip(images.column_iter()) {
                let expected = defining_sum(&convolution, point.into_owned().as_slice());
                for (a, e) in image.iter().zip(expected) {
                    assert!(
                        (a - e).abs() <= 1e-12 * (1.0 + e.abs()),
                        "{case:?}: {a} {e}"
                    );
                }
            }
        }
    }
}

#[test]
fn gradients_of_a_convolution_are_its_transpose() {
    // <v, conv(x; w)> is bilinear, so that <dw, w> and <dx, x> are both its value.
    for case in cases() {
        let convolution = layer(&case, false);
        let weight = convolution.weight().clone();
        let mut network = Network::new(case.0, vec![Layer::Convolution(convolution)]).unwrap();
        let points = Seed::root(6).normal_matrix(case.0.size(), case.3);
        let v = Seed::root(7).normal_matrix(network.output().size(), case.3);
        let (image, tape) = network.forward(&points).unwrap();
        let (gradients, pulled) = network.backward(tape, &v).unwrap();
        let value = image.dot(&v);
        let close = |other: f64| (other - value).abs() <= 1e-10 * (1.0 + value.abs());
        let by_weight =
            DMatrix::from_column_slice(weight.nrows(), weight.ncols(), &gradients[0].values);
        assert!(close(by_weight.dot(&weight)), "{case:?}");
        assert!(close(pulled.dot(&points)), "{case:?}");
        // And entry by entry: the derivative in one weight is the image under that weight alone.
        for index in [0, weight.len() / 2, weight.len() - 1] {
            let mut unit = weight.map(|_| 0.0);
            unit[index] = 1.0;
            let unit = Convolution::new(case.0, case.1, unit, None).unwrap();
            let unit = Network::new(case.0, vec![Layer::Convolution(unit)]).unwrap();
            let expected = unit.apply(&points).unwrap().dot(&v);
            let actual = gradients[0].values[index];
            assert!(
                (actual - expected).abs() <= 1e-11 * (1.0 + expected.abs()),
                "{case:?} {index}: {actual} {expected}"
            );
        }
    }
}

#[test]
fn pooling_is_its_definition() {
    let input = Shape::image(3, 7, 6);
    let windows = [
        Window::square(2, 2, 0),
        Window::square(3, 2, 1),
        Window::square(2, 1, 1),
        Window {
            height: 7,
            width: 6,
            stride: 1,
            padding: 0,
        },
    ];
    let points = Seed::root(9).normal_matrix(input.size(), 4);
    for window in windows {
        for kind in [PoolingKind::Average, PoolingKind::Max] {
            let pooling = Pooling::new(kind, input, window).unwrap();
            let network = Network::<f64>::new(input, vec![Layer::Pooling(pooling)]).unwrap();
            let images = network.apply(&points).unwrap();
            let output = network.output();
            for (point, image) in points.column_iter().zip(images.column_iter()) {
                let point = point.into_owned();
                for (index, actual) in image.iter().enumerate() {
                    let (c, place) = (
                        index / (output.height * output.width),
                        index % (output.height * output.width),
                    );
                    let (oy, ox) = (place / output.width, place % output.width);
                    let mut seen = Vec::new();
                    for ky in 0..window.height {
                        for kx in 0..window.width {
                            let y = (oy * window.stride + ky) as isize - window.padding as isize;
                            let x = (ox * window.stride + kx) as isize - window.padding as isize;
                            if y >= 0 && x >= 0 && y < 7 && x < 6 {
                                seen.push(at(point.as_slice(), input, c, y, x));
                            }
                        }
                    }
                    let expected = match kind {
                        PoolingKind::Max => seen.iter().copied().fold(f64::MIN, f64::max),
                        PoolingKind::Average => {
                            seen.iter().sum::<f64>() / (window.height * window.width) as f64
                        }
                    };
                    assert!((actual - expected).abs() <= 1e-14, "{kind:?} {window:?}");
                }
            }
        }
    }
}

#[test]
fn first_of_equal_numbers_wins() {
    let input = Shape::image(1, 2, 2);
    let pooling = Pooling::new(PoolingKind::Max, input, Window::square(2, 1, 0)).unwrap();
    let network = Network::<f64>::new(input, vec![Layer::Pooling(pooling)]).unwrap();
    let affine = network.affine_at(&[0.5, 2.0, 2.0, 2.0]).unwrap();
    assert_eq!(affine.matrix.as_slice(), [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn no_points_have_no_images() {
    let input = Shape::image(2, 4, 4);
    let window = Window::square(3, 1, 1);
    let convolution =
        Convolution::draw(input, window, 2, Initialisation::He, Seed::root(60)).unwrap();
    let pool = |kind| Layer::Pooling(Pooling::new(kind, input, window).unwrap());
    let residual = Residual {
        body: vec![pool(PoolingKind::Max)],
        shortcut: Vec::new(),
    };
    let layers = vec![
        Layer::Convolution(convolution),
        Layer::BatchNorm(BatchNorm::identity(2).unwrap()),
        Layer::Activation(Activation::Relu),
        pool(PoolingKind::Average),
        Layer::Residual(residual),
        pool(PoolingKind::Max),
        Layer::Activation(Activation::HardTanh),
    ];
    let network = Network::<f64>::new(input, layers).unwrap();
    let none = DMatrix::zeros(32, 0);
    assert_eq!(network.apply(&none).unwrap().shape(), (32, 0));
    let (image, pieces) = network.trace(&none).unwrap();
    assert_eq!((image.shape(), pieces.n()), ((32, 0), 0));
    assert_eq!(network.extend(&pieces, &none).unwrap().shape(), (32, 0));
    let pattern = network.pattern(&none).unwrap();
    assert_eq!((pattern.n(), pattern.units()), (0, 128));
    assert_eq!(pattern.flips(&pattern).unwrap(), Vec::<usize>::new());
}
