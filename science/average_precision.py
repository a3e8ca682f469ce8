"""Average precision with weights, for resamples of patients: scikit-learn's step sum, exact for tied scores."""

import numpy


class Ranking:
    """One class's scores, sorted once, so that each resample costs one pass."""

    def __init__(self, scores, positive):
        self.order = numpy.argsort(-scores, kind="stable")
        ranked = scores[self.order]
        self.ends = numpy.flatnonzero(numpy.append(ranked[1:] != ranked[:-1], True))  # the last of each group of ties
        self.positive = positive[self.order].astype(float)

    def average_precision(self, weights=None):
        """NaN where no weight lies on a positive."""
        drawn = numpy.ones(len(self.order)) if weights is None else weights[self.order]
        true = numpy.cumsum(drawn * self.positive)[self.ends]
        called = numpy.cumsum(drawn)[self.ends]
        if true[-1] == 0:
            return float("nan")
        precision = numpy.divide(true, called, out=numpy.zeros_like(true), where=called > 0)
        return float(numpy.diff(true, prepend=0.0) @ precision / true[-1])


def patient_weights(patients, resamples, random):
    """[resamples, images]: how often each image is drawn where patients are drawn with replacement."""
    names, place = numpy.unique(patients, return_inverse=True)
    return [numpy.bincount(random.integers(len(names), size=len(names)), minlength=len(names))[place].astype(float)
            for _ in range(resamples)]
