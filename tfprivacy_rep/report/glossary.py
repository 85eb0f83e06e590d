"""What the figures mean, for readers who meet them for the first time."""

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("MCC", "Matthews correlation coefficient between predicted and true attribute: 1 is always right, 0 no better "
     "than guessing, −1 always wrong. Unlike accuracy it gives no credit for always saying what is more common."),
    ("PSNR", "Peak signal-to-noise ratio of a reconstruction, in decibels, mean over the photographs: higher is "
     "nearer to the photograph, pixel by pixel. It agrees only roughly with what people see."),
    ("SSIM", "Structural similarity of a reconstruction to the photograph: 1 is identical, around 0 unrelated."),
    ("Rank-1", "Share of the probes whose person is the first guess of a recogniser that compares with the gallery, "
     "other photographs of known people. Chance is one in the number of people of the gallery."),
    ("Linkage", "Telling who somebody is straight from the representation Z, without any reconstruction."),
    ("The answer", "The predicted attributes alone. Whoever needs them must learn at least that much about a person."),
    ("Face similarity", "Mean cosine between the recogniser's descriptions of reconstruction and original. Raw values "
     "can be high for strangers too; rescaled, other people are 0 and the same person is 1."),
    ("Feature similarity", "Cosine between Z of the photograph and Z of its reconstruction. Raw values can be high "
     "only because all Z have a large part in common; centred, the public mean is taken off first. Random pairs show "
     "what two strangers get."),
    ("Blind floor", "An attack that sees no representation: the mean public photograph, given as every "
                    "reconstruction."),
    ("Best attacker", "For each figure the attacker that did best on a validation part of the public photographs."),
    ("Z", "The representation: the numbers that leave the encoder and are sent in place of the photograph."),
    ("X1, X2, G, T", "Private photographs of the service; public photographs that an attacker can collect; the "
     "gallery that a recogniser compares with; the probes, on which everything is tested. Nothing is trained on G or "
     "T."),
    ("L_u", "Loss of the task: how badly the attributes are told from Z, mean over the attributes."),
    ("L_p", "Mean squared error of a reconstruction over pixels and channels, with images in [0, 1]."),
    ("L_perc", "Squared error of the perceptual network's features; 1 is as far as the mean features of the public "
               "photographs."),
    ("lambda1, lambda2", "Weights of L_p and L_perc in what the protector keeps large; 0 means no protection."),
    ("mu1, mu2", "Weights of the GAN loss and of L_perc in what a decoder keeps small."),
    ("95 % interval", "The range that holds the figure in 95 of 100 resamplings of the tested people, then of the "
     "seeds. One that holds 0 leaves open whether there is a difference."),
)
