#include "cli/app.hpp"

int main(int argc, char** argv) { return smscrm::run(argc, argv); }
