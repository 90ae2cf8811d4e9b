# Part of the Makefile that configure writes. libtool's file is all that PHP's install step asks for.
$(phplibdir)/highper.la: FORCE
	cd $(srcdir)/.. && PHP_CONFIG=$(PHP_CONFIG) PHP=$(PHP_EXECUTABLE) $(CARGO) build --release --locked -p highper --target-dir $(top_builddir)/target
	mkdir -p $(phplibdir)
	cp $(top_builddir)/target/release/libhighper.so $(phplibdir)/highper.so
	printf "dlname='highper.so'\nlibrary_names='highper.so highper.so highper.so'\nold_library=''\ninstalled=no\nshouldnotlink=yes\n" > $@

FORCE:
.PHONY: FORCE
