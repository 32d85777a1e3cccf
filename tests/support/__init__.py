"""What several folders of tests share: servers, worlds, clients of the venues, and second opinions to compare with."""
