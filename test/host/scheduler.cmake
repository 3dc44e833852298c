# SPDX-License-Identifier: MIT
# The scheduler as a whole: over both executors, and for long. Included by CMakeLists.txt here.
pawl_test(host_scheduler scheduler_test.c LIBS pawl_host pawl_sim)
pawl_test(host_relief relief_test.c LIBS pawl_host)
pawl_test(host_million million_test.c LIBS pawl_host)
pawl_test(host_biased biased_test.c LIBS pawl_host)
target_link_options(host_biased PRIVATE
	-Wl,--wrap=pawl_port_fence_threads,--wrap=pawl_port_sleep)
pawl_test(host_stay stay_test.c LIBS pawl_host pawl_sim)
pawl_test(host_co_rules co_rules_test.c LIBS pawl_host m)
pawl_test(host_co_misuse co_misuse_test.c LIBS pawl_host)
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
	enable_language(CXX)
	pawl_test(host_co_cxx co_cxx_test.cc LIBS pawl_host)
	target_compile_features(host_co_cxx PRIVATE cxx_std_17)
endif()
pawl_test(host_weights weights_test.c LIBS pawl_host)
