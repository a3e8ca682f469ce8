#pragma once

#include "niwaki/audit/decision/deployment_policy.hpp"
#include "niwaki/audit/decision/rollout.hpp"
#include "niwaki/report/economic_inputs.hpp"

namespace niwaki {

/// Calls visit(key, field, meaning) for every key of a recipe: the one list that reading, writing, --set and the
/// documentation share.
template <typename SomeRecipe, typename Visitor>
void visit_study_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("study.title", recipe.title, "heads the report");
  visit("study.seed", recipe.seed, "every random choice comes from it");
  visit("study.seeds", recipe.seeds, "networks trained, each from its own random start");
  visit("study.intended_use", recipe.intended_use, "by whom and for what; stands on the model card");
}

template <typename SomeRecipe, typename Visitor>
void visit_cohort_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("cohort.kind", recipe.cohort_kind, "\"phantom\" (drawn) or \"files\"");
  visit("cohort.images", recipe.images, "folder of pictures");
  visit("cohort.labels", recipe.labels, "label file of all images; or one a split:");
  visit("cohort.train_labels", recipe.train_labels, "label file of the training images");
  visit("cohort.validation_labels", recipe.validation_labels, "label file of the validation images");
  visit("cohort.test_labels", recipe.test_labels, "label file of the test images");
  visit("cohort.label_format", recipe.label_format,
        "auto, niwaki, nih, nih-cxr-lt, mimic-cxr-lt, chexpert or mimic-cxr");
  visit("cohort.uncertain", recipe.uncertain, "what labels of -1 become: refuse, negative, positive or unknown");
  visit("cohort.blank", recipe.blank, "what empty labels become: negative or unknown; auto: by the format");
  visit("cohort.class_map", recipe.class_map, "what classes are called here: a TOML file, or torchxrayvision");
  visit("cohort.classes", recipe.classes, "only these classes; all where empty");
  visit("cohort.train_val_list", recipe.train_val_list, "NIH's official list of training images");
  visit("cohort.test_list", recipe.test_list, "NIH's official list of test images");
  visit("cohort.splits", recipe.splits, "CSV id,split (train, validation, test)");
  visit("cohort.together", recipe.together, "column whose values stay in one split each, such as \"site\"");
  visit("cohort.train", recipe.split.train, "share of patients that train");
  visit("cohort.validation", recipe.split.validation, "share of patients that stop the training");
  visit("cohort.test", recipe.split.test, "share of patients that are audited");
  visit("cohort.window", recipe.reading.windows,
        "DICOM: windows tried in this order: first, full-range, min-max, or a window's name");
  visit("cohort.bad_images", recipe.bad_images.action,
        "stop at pictures that cannot be used, or leave-out: count them");
  visit("cohort.bad_images_limit", recipe.bad_images.limit, "share of the images that may be left out at most");
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
  visit("train.loss", recipe.train.loss.name, "bce, weighted-bce, focal, asymmetric, class-balanced or ldam");
  visit("train.weight_cap", recipe.train.loss.weight_cap, "weighted-bce: no positive label weighs more");
  visit("train.focal_gamma", recipe.train.loss.focal_gamma, "focal: how little sure labels count; 0 or more");
  visit("train.gamma_positive", recipe.train.loss.gamma_positive, "asymmetric: the same for positive labels");
  visit("train.gamma_negative", recipe.train.loss.gamma_negative,
        "asymmetric: the same for negative labels; 0, or 1 and more");
  visit("train.probability_shift", recipe.train.loss.probability_shift,
        "asymmetric: negatives below this probability count for nothing");
  visit("train.effective_beta", recipe.train.loss.effective_beta,
        "class-balanced, ldam: the nearer to 1, the more rare classes weigh");
  visit("train.largest_margin", recipe.train.loss.largest_margin, "ldam: of the rarest class, in logits");
  visit("train.reweight_after", recipe.train.loss.reweight_after,
        "ldam: share of the epochs after which rare classes weigh more; 1: never");
  visit("train.flip", recipe.train.augmentation.flip, "mirror half of the pictures");
  visit("train.rotation", recipe.train.augmentation.rotation_degrees, "degrees to either side");
  visit("train.device", recipe.train.device, "auto, cpu or cuda");
}

template <typename SomeRecipe, typename Visitor>
void visit_fine_tune_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit("finetune.epochs", recipe.fine_tune.epochs, "passes through the training images after pruning");
  visit("finetune.learning_rate", recipe.fine_tune.learning_rate, "Adam's highest, of one cycle over all steps");
  visit("finetune.batch", recipe.fine_tune.batch, "images a step");
  visit("finetune.loss", recipe.fine_tune.loss.name, "of the labels; as train.loss, whose numbers it takes");
  visit("finetune.distillation", recipe.fine_tune.distillation,
        "share of the objective that comes from the dense network, 0 to 1");
  visit("finetune.temperature", recipe.fine_tune.temperature, "at which its probabilities are matched");
  visit("finetune.constraint_step", recipe.fine_tune.constraints.step,
        "how fast a class that is behind the dense network gains weight; 0: never");
  visit("finetune.largest_multiplier", recipe.fine_tune.constraints.largest, "how much it may gain");
  visit("finetune.tail_exponent", recipe.fine_tune.constraints.tail_exponent,
        "0: classes weigh alike; 1: as the inverse of what chance alone would lose");
  visit("finetune.tail_shrinkage", recipe.fine_tune.constraints.tail_shrinkage,
        "positive training images at which a class has half of that weight");
  visit("gradual.steps", recipe.gradual.steps, "prunings on the way to the sparsity");
  visit("gradual.epochs", recipe.gradual.epochs, "of fine-tuning after each but the last");
}

template <typename SomeRecipe, typename Visitor>
void visit_prune_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit(
      "prune.methods", recipe.methods,
      "how weights are chosen (docs/pruning.md); then repairs: \"l1+batch-norm\", \"tail+fine-tune\", \"l1+gradual\"");
  visit("prune.sparsities", recipe.sparsities, "shares of weights that go; the dense network is always there");
  visit("prune.keep_layers", recipe.scope.keep_layers, "layers that lose no weight, by name");
  visit("prune.keep_rows", recipe.scope.keep_rows, "classes whose rows of the classifier lose no weight");
  visit("prune.layer_floor", recipe.scope.layer_floor, "share of its weights that each layer keeps at least");
  visit("prune.calibration_images", recipe.calibration.images,
        "training images that weights are judged and repaired by, at most");
  visit("prune.calibration_positives", recipe.calibration.positives,
        "of each class, training images that show it and as many others, for tail and tail-worst");
  visit("prune.micro_batch", recipe.calibration.micro_batch, "images a squared gradient; 1: exact, more: faster");
  visit("prune.search_steps", recipe.calibration.search_steps, "for tail-search: batches of 64 images");
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
  visit("audit.strata", recipe.strata, "CSV id,<column>...: groups of images that are audited one by one");
  visit("audit.strata_by", recipe.strata_by, "columns of it, or site, view, sex, age_band of the label file");
  visit("audit.image_measures", recipe.image_measures, "CSV id,<measure>..., as `niwaki cohort quality` writes it");
  visit("guard.calibrate", recipe.calibrate_guard,
        "pruned networks predict the validation images too, for `niwaki guard` to learn on");
  visit("report.gallery", recipe.gallery, "exemplars shown as pictures, for each method");
}

template <typename SomeRecipe, typename Visitor>
void visit_fields(SomeRecipe& recipe, Visitor&& visit) {
  visit_study_fields(recipe, visit);
  visit_cohort_fields(recipe, visit);
  visit_network_fields(recipe, visit);
  visit_fine_tune_fields(recipe, visit);
  visit_prune_fields(recipe, visit);
  visit_audit_fields(recipe, visit);
  visit_policy_fields(recipe.policy, visit);
  visit_economic_fields(recipe.economics, visit);
  visit_rollout_fields(recipe.rollout, visit);
}

}  // namespace niwaki
