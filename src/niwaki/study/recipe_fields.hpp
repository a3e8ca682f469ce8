#pragma once

namespace niwaki {

/// Calls visit(key, field, meaning) for every key of a recipe: the one list that reading, writing, --set and the
/// documentation share.
template <typename SomeRecipe, typename Visitor>
void visit_study_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("study.title", recipe.title, "heads the report");
  visit("study.seed", recipe.seed, "every random choice comes from it");
  visit("study.seeds", recipe.seeds, "networks trained, each from its own random start");
}

template <typename SomeRecipe, typename Visitor>
void visit_cohort_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("cohort.kind", recipe.cohort_kind, "\"phantom\" (drawn) or \"files\"");
  visit("cohort.images", recipe.images, "folder of pictures");
  visit("cohort.labels", recipe.labels, "label file of all images; or one a split:");
  visit("cohort.train_labels", recipe.train_labels, "label file of the training images");
  visit("cohort.validation_labels", recipe.validation_labels, "label file of the validation images");
  visit("cohort.test_labels", recipe.test_labels, "label file of the test images");
  visit("cohort.label_format", recipe.label_format, "auto, niwaki, nih, nih-cxr-lt or mimic-cxr-lt");
  visit("cohort.classes", recipe.classes, "only these classes; all where empty");
  visit("cohort.train_val_list", recipe.train_val_list, "NIH's official list of training images");
  visit("cohort.test_list", recipe.test_list, "NIH's official list of test images");
  visit("cohort.splits", recipe.splits, "CSV id,split (train, validation, test)");
  visit("cohort.train", recipe.split.train, "share of patients that train");
  visit("cohort.validation", recipe.split.validation, "share of patients that stop the training");
  visit("cohort.test", recipe.split.test, "share of patients that are audited");
  visit("cohort.cache_gigabytes", recipe.cache_gigabytes, "pictures kept in memory up to this much");
  visit("phantom.images", recipe.phantom.images, "pictures drawn");
  visit("phantom.size", recipe.phantom.size, "pixels a side");
  visit("phantom.sites", recipe.phantom.sites, "hospitals, each with its own look");
  visit("phantom.images_per_patient", recipe.phantom.images_per_patient, "mean number");
  visit("phantom.label_noise", recipe.phantom.label_noise, "share of labels flipped, 0 to 0.5");
  visit("phantom.tail_floor", recipe.phantom.tail_floor, "no finding is rarer than this share, 0 to 0.05");
}

template <typename SomeRecipe, typename Visitor>
void visit_network_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("model.architecture", recipe.architecture, "resnet-small, resnet18, resnet34 or resnet50");
  visit("model.file", recipe.model_file, "an ONNX network to start from instead");
  visit("model.channels", recipe.input.channels, "1 (grey) or 3 (RGB)");
  visit("model.height", recipe.input.height, "pixels");
  visit("model.width", recipe.input.width, "pixels");
  visit("model.mean", recipe.input.mean, "one a channel; ImageNet's where empty");
  visit("model.deviation", recipe.input.deviation, "one a channel; ImageNet's where empty");
  visit("train.epochs", recipe.train.epochs, "at most; 0 trains nothing");
  visit("train.patience", recipe.train.patience, "epochs without a lower validation loss before stopping");
  visit("train.batch", recipe.train.batch, "images a step");
  visit("train.learning_rate", recipe.train.learning_rate, "Adam's");
  visit("train.schedule", recipe.train.schedule, "constant or one-cycle");
  visit("train.weight_decay", recipe.train.weight_decay, "Adam's L2 penalty");
  visit("train.loss", recipe.train.loss, "bce: binary cross entropy with logits");
  visit("train.flip", recipe.train.augmentation.flip, "mirror half of the pictures");
  visit("train.rotation", recipe.train.augmentation.rotation_degrees, "degrees to either side");
  visit("train.device", recipe.train.device, "auto, cpu or cuda");
}

template <typename SomeRecipe, typename Visitor>
void visit_prune_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit(
      "prune.methods", recipe.methods,
      "how weights are chosen: l1, l1-layer, lamp, erk, random, random-layer, wanda, taylor, fisher, tail, tail-worst");
  visit("prune.sparsities", recipe.sparsities, "shares of weights that go; the dense network is always there");
  visit("prune.keep_layers", recipe.scope.keep_layers, "layers that lose no weight, by name");
  visit("prune.keep_rows", recipe.scope.keep_rows, "classes whose rows of the classifier lose no weight");
  visit("prune.layer_floor", recipe.scope.layer_floor, "share of its weights that each layer keeps at least");
  visit("prune.calibration_images", recipe.calibration.images, "training images that weights are judged by, at most");
  visit("prune.calibration_positives", recipe.calibration.positives,
        "of each class, training images that show it and as many others, for tail and tail-worst");
  visit("prune.micro_batch", recipe.calibration.micro_batch, "images a squared gradient; 1: exact, more: faster");
  visit("prune.class_weights", recipe.tail.class_weights, "for tail: \"class=factor\"; 1 where nothing is said");
  visit("prune.protect_classes", recipe.tail.protect_classes, "for tail: classes that count prune.protection times");
  visit("prune.protect_pairs", recipe.tail.protect_pairs,
        "for tail: \"class|class\"; images that show both count as one more class");
  visit("prune.protection", recipe.tail.protection, "for tail: how many times what is protected counts");
  visit("prune.rarity_exponent", recipe.tail.rarity_exponent,
        "for tail: 0 counts all classes alike, 1 in inverse proportion to positives");
  visit("prune.rarity_shrinkage", recipe.tail.rarity_shrinkage,
        "for tail: positives at which a class's rarity counts half");
}

template <typename SomeRecipe, typename Visitor>
void visit_audit_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("audit.exemplar_sparsity", recipe.audit.exemplar_sparsity, "where exemplars are sought");
  visit("audit.exemplar_fraction", recipe.audit.exemplar_fraction, "share of images that are exemplars");
  visit("audit.drop", recipe.audit.drop, "relative loss of average precision that counts as forgotten");
  visit("audit.threshold", recipe.audit.threshold, "probability at which F1 calls a finding present");
  visit("audit.operating_point", recipe.operating_point,
        "how calls are made, chosen on the validation images: youden, f1, sensitivity=0.9, specificity=0.95");
  visit("audit.specificity", recipe.audit.target_specificity, "at which sensitivity is read");
  visit("audit.tolerance", recipe.audit.tolerance, "relative loss of macro average precision that is put up with");
  visit("audit.bootstrap", recipe.audit.resamples, "resamples of the patients, for intervals; 0: none");
  visit("audit.minimum_patients", recipe.audit.minimum_patients,
        "positive test patients below which a class gets no verdict");
  visit("report.gallery", recipe.gallery, "exemplars shown as pictures, for each method");
}

template <typename SomeRecipe, typename Visitor>
void visit_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit_study_fields(recipe, visit);
  visit_cohort_fields(recipe, visit);
  visit_network_fields(recipe, visit);
  visit_prune_fields(recipe, visit);
  visit_audit_fields(recipe, visit);
}

}  // namespace niwaki
