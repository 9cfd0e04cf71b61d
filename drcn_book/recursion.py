"""The recursion, written once, in the paper's symbols.

Whoever runs it brings a `net`: an object with its `config` and these methods.

    conv(name, H)            the convolution of that name in `convolutions`, and its ReLU if any
    add(a, b)  concat(a, b)  sum of two; the channels of both
    fold(x)    unfold(y)     space to depth and back, by `config.fold`; at 1 they change nothing
    weighted_sum(values, w)  sum over d of w_d times the d-th of the values
    consistent(y, x)         y + x - up(down(y)), see `finish`

Keras (`model`) and ONNX (`onnx_export`) are such nets, and so is `Count` below, which only counts.
No function here looks at a value, so all of them serve a net that merely writes the operations
down.
"""

from typing import NamedTuple


class Convolution(NamedTuple):
    """A 3x3 convolution: channels in and out, whether a ReLU follows, and how its kernel starts:
    as the identity, or drawn at random with `spread` times the deviation of He et al. (2015).
    """

    inputs: int
    outputs: int
    relu: bool = True
    identity: bool = False
    spread: float = 1.0


def convolutions(config) -> dict[str, Convolution]:
    """The convolutions of a network by name, in the paper's order: W_-1, W_0, W, W_{D+1},
    W_{D+2}.
    """
    F, cell = config.filters, config.fold**2
    recursive, every = config.identity_start != "none", config.identity_start == "all"
    names = (
        ["recursion"]
        if config.shared
        else [f"recursion_{d}" for d in range(1, config.recursions + 1)]
    )
    last = F + cell if config.skip == "concat" else F
    return {
        "embedding_1": Convolution(cell, F),
        "embedding_2": Convolution(F, F, identity=every),
        **{name: Convolution(F, F, identity=recursive) for name in names},
        "reconstruction_1": Convolution(F, F, config.reconstruction_relu, every),
        "reconstruction_2": Convolution(last, cell, config.output_relu, spread=config.output_start),
    }


def embed(net, x):
    """H_0 = ReLU(W_0 * ReLU(W_-1 * x + b_-1) + b_0), of the folded x."""
    return net.conv("embedding_2", net.conv("embedding_1", net.fold(x)))


def recur(net, H, H_0, d):
    """H_d = ReLU(W * H_{d-1} + b), d = 1, ..., D; in a residual network plus H_0."""
    H = net.conv("recursion" if net.config.shared else f"recursion_{d}", H)
    return net.add(H, H_0) if net.config.residual else H


def reconstruct(net, G, x):
    """y_d = x + W_{D+2} * G_d + b_{D+2}, unfolded; G_d is the paper's H_{D+1}."""
    if net.config.skip == "concat":
        G = net.concat(G, net.fold(x))
    y = net.unfold(net.conv("reconstruction_2", G))
    return net.add(x, y) if net.config.skip == "add" else y


def step(net, H, H_0, x, d):
    """Recursion d and its reconstruction: H_d, y_d, and what recursion d + 1 starts from."""
    H = recur(net, H, H_0, d)
    G = net.conv("reconstruction_1", H)  # G_d = ReLU(W_{D+1} * H_d + b_{D+1})
    return H, reconstruct(net, G, x), G if net.config.feedback else H


def unroll(net, x):
    """The whole network: H_0, ..., H_D and y_1, ..., y_D."""
    H_0 = following = embed(net, x)
    H, y = [H_0], []
    for d in range(1, net.config.recursions + 1):
        H_d, y_d, following = step(net, following, H_0, x, d)
        H.append(H_d)
        y.append(y_d)
    return H, y


def finish(net, y, x):
    """The answer from the ensemble y: where the network is `consistent`, one step of
    back-projection (Irani and Peleg, 1991), after which y, shrunk again, gives nearly the small
    picture x was made from.
    """
    return net.consistent(y, x) if net.config.consistent else y


def answer(net, x, w):
    """The answer for y = sum over d of w_d y_d and nothing else; `w` are numbers, and recursions
    end with the last.

    The last convolution is linear, so with W = sum of the w_d

        sum_d w_d (x + W_{D+2} * G_d + b) = W (x + W_{D+2} * (sum_d w_d/W G_d) + b):

    one convolution F -> 1 in place of D. Where a ReLU follows it (output_relu) or the w_d cancel,
    the sum is taken after it. A recursion of weight 0 is computed only as far as others need it.
    """
    linear = not net.config.output_relu and abs(sum(w)) > 1e-3 * max(map(abs, w))
    H_0 = H = embed(net, x)
    terms = []
    for d, w_d in enumerate(w, 1):
        H = recur(net, H, H_0, d)
        if w_d or net.config.feedback:
            G = net.conv("reconstruction_1", H)
        if w_d:
            terms.append(G if linear else reconstruct(net, G, x))
        if net.config.feedback:
            H = G
    w = [w_d for w_d in w if w_d]
    if not linear:
        return finish(net, net.weighted_sum(terms, w), x)
    total = sum(w)
    G = net.weighted_sum(terms, [w_d / total for w_d in w])
    return finish(net, net.weighted_sum([reconstruct(net, G, x)], [total]), x)


def count(config):
    """The `Count` of a whole network, its answer included, and how many cells the answer sees."""
    net = Count(config)
    _, y = unroll(net, 0)
    total = net.weighted_sum(y, range(len(y))) if config.ensemble else y[-1]
    return net, finish(net, total, 0)


class Count:
    """A net that computes nothing. A value is its reach: how many cells of fold x fold pixels on
    each side it depends on; `macs` adds up the multiplications of a cell.
    """

    def __init__(self, config):
        self.config, self.convolutions, self.macs = config, convolutions(config), 0

    def conv(self, name, H):
        kind = self.convolutions[name]
        self.macs += 9 * kind.inputs * kind.outputs
        return H + 1

    def add(self, a, b):
        return max(a, b)

    concat = add

    def fold(self, x):
        return x

    unfold = fold

    def weighted_sum(self, values, w):
        self.macs += len(w) * self.config.fold**2
        return max(values)

    def consistent(self, y, x):
        # Shrinking weighs 4 s x 4 s pixels for one of s x s, enlarging 5 x 5 small ones for each;
        # together they reach four small pixels far.
        self.macs += (16 + 25) * self.config.fold**2
        return y + 4 * self.config.scale // self.config.fold
