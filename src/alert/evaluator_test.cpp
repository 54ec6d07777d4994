#include "alert/evaluator.hpp"

#include <gtest/gtest.h>
