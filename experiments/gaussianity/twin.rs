//! Networks of several methods that begin alike, side by side.

/// What networks give for each method, method by method: twins, which share first weights, images and noise, stand at one
/// place in all of them.
pub fn by_method<T>(networks: Vec<Vec<T>>) -> Vec<Vec<T>> {
    let mut methods: Vec<Vec<T>> = Vec::new();
    for network in networks {
        for (place, of_method) in network.into_iter().enumerate() {
            match methods.get_mut(place) {
                Some(method) => method.push(of_method),
                None => methods.push(vec![of_method]),
            }
        }
    }
    methods
}

/// How much more a number is for each network than for its twin.
pub fn above_twins(own: &[f64], twins: &[f64]) -> Vec<f64> {
    own.iter().zip(twins).map(|(a, b)| a - b).collect()
}
