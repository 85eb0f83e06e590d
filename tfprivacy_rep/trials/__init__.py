"""What leaves in place of photographs, and fresh attackers let loose on it: what audits and frontiers share."""
