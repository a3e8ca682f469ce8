"""The peer of bench/bootstrap_speed.cpp: the same resamples of the patients in NumPy. bench/run calls it.

Two ways. "resort" copies the rows of the drawn patients and sorts them anew for each resample, as code around
scikit-learn does, but without its checks. "weigh" has our idea: it sorts once, and a resample only changes how often
each image counts. Reading is not timed; what "weigh" does once is timed apart, because it does not grow with the
resamples.
"""

import argparse
import json
import time

import numpy


def read_data(options):
    shapes = [
        (numpy.float32, (options.tables, options.images, options.classes)),
        (numpy.int8, (options.classes, options.images)),
        (numpy.uint32, (options.images,)),
    ]
    with open(options.data, "rb") as file:
        arrays = [numpy.fromfile(file, kind, int(numpy.prod(shape))).reshape(shape) for kind, shape in shapes]
    scores, labels, patients = arrays
    # One class after the other, so that a class's scores lie side by side.
    return numpy.ascontiguousarray(scores.transpose(0, 2, 1)), labels, patients


def figures(true_positives, false_positives):
    """AP by steps, and AUROC by Mann and Whitney, of the counts at and above each distinct score, from the highest."""
    positives, negatives = true_positives[-1], false_positives[-1]
    precision = true_positives / (true_positives + false_positives)
    rise = numpy.diff(true_positives, prepend=0)
    average_precision = numpy.dot(rise, precision) / positives
    # A positive image wins over the negatives below it, and half over those of its own score.
    fall = numpy.diff(false_positives, prepend=0)
    return average_precision, numpy.dot(rise, negatives - false_positives + fall / 2) / (positives * negatives)


def last_of_each_score(sorted_scores):
    return numpy.append(numpy.flatnonzero(numpy.diff(sorted_scores)), len(sorted_scores) - 1)


def resort(scores, labels, patients, weights):
    """[tables, classes, 2] of one resample."""
    rows = numpy.repeat(numpy.arange(len(patients)), weights[patients])
    drawn_labels = labels[:, rows]
    answer = numpy.empty((*scores.shape[:2], 2))
    for table, columns in enumerate(scores):
        for column, values in enumerate(columns):
            drawn = values[rows]
            order = numpy.argsort(drawn)[::-1]
            last = last_of_each_score(drawn[order])
            true_positives = numpy.cumsum(drawn_labels[column][order], dtype=numpy.int64)[last]
            answer[table, column] = figures(true_positives, last + 1 - true_positives)
    return answer


class Weigher:
    """Sorted once: of each class of each table, patients and labels of the images in falling order of score."""

    def __init__(self, scores, labels, patients):
        self.shape = (*scores.shape[:2], 2)
        self.columns = []
        for columns in scores:
            for values, classes in zip(columns, labels):
                order = numpy.argsort(values)[::-1]
                last = last_of_each_score(values[order])
                self.columns.append((patients[order], classes[order].astype(numpy.int64), last))

    def __call__(self, weights):
        wide = weights.astype(numpy.int64)
        answer = numpy.empty((len(self.columns), 2))
        for row, (patients, classes, last) in zip(answer, self.columns):
            weight = wide[patients]
            true_positives = numpy.cumsum(weight * classes)[last]
            all_images = numpy.cumsum(weight)[last]
            seen = all_images > 0  # above the first image that was drawn there is no precision
            true_positives, all_images = true_positives[seen], all_images[seen]
            row[:] = figures(true_positives, all_images - true_positives)
        return answer.reshape(self.shape)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    for name in ("images", "patients", "classes", "tables"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--weights", required=True, help="resamples that bench/bootstrap_speed.cpp dumped")
    parser.add_argument("--figures", required=True, help="where to write them, as it does")
    parser.add_argument("--way", choices=["resort", "weigh"], required=True)
    options = parser.parse_args()

    data = read_data(options)
    resamples = numpy.fromfile(options.weights, numpy.uint8).reshape(-1, options.patients)
    begin = time.perf_counter()
    one = Weigher(*data) if options.way == "weigh" else lambda weights: resort(*data, weights)
    sorting = time.perf_counter() - begin
    answers, seconds = [], []
    for weights in resamples:
        begin = time.perf_counter()
        answers.append(one(weights))
        seconds.append(time.perf_counter() - begin)
    numpy.stack(answers, axis=-1).tofile(options.figures)
    print(json.dumps({"sorting": sorting, "seconds": seconds, "numpy": numpy.__version__}))


if __name__ == "__main__":
    main()
