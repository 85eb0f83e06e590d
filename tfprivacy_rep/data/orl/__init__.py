"""The ORL face photographs (AT&T Laboratories Cambridge) with ten of CelebA's attributes."""
