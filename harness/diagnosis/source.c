/*
 * source.c - functions and lines of a guest's image
 *
 * A thin side: the module that reads the image is loaded when the first one is opened. Without it
 * no image can be read, and reports show addresses.
 */
#include "harness/diagnosis/source.h"

#include "harness/diagnosis/source_module.h"

#include <dlfcn.h>

struct source {
    GBytes *bytes;
    const struct source_module *module;
    struct source_image *image;
};

/* NULL when the module is not where the build put it. */
static const struct source_module *source_load_module(void)
{
    static const struct source_module *module;
    if (module != NULL) {
        return module;
    }
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self == NULL) {
        return NULL;
    }
    g_autofree char *folder = g_path_get_dirname(self);
    g_autofree char *path = g_build_filename(folder, "..", SOURCE_MODULE_FILE, NULL);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    module = library != NULL ? dlsym(library, SOURCE_MODULE_SYMBOL) : NULL;
    return module;
}

struct source *source_open_bytes(GBytes *bytes)
{
    const struct source_module *module = source_load_module();
    if (module == NULL) {
        return NULL;
    }
    size_t size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    struct source_image *image = module->open(data, size);
    if (image == NULL) {
        return NULL;
    }
    struct source *source = g_new(struct source, 1);
    *source = (struct source){.bytes = g_bytes_ref(bytes), .module = module, .image = image};
    return source;
}

struct source *source_open(const char *path)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file == NULL) {
        return NULL;
    }
    g_autoptr(GBytes) bytes = g_mapped_file_get_bytes(file);
    return source_open_bytes(bytes);
}

void source_free(struct source *source)
{
    if (source == NULL) {
        return;
    }
    source->module->close(source->image);
    g_bytes_unref(source->bytes);
    g_free(source);
}

bool source_find(const struct source *source, uint64_t address, struct source_place *place)
{
    return source->module->find(source->image, address, place);
}

unsigned source_unwind(uintptr_t fp, uintptr_t low, uintptr_t high, uintptr_t *addresses,
                       unsigned max)
{
    const uintptr_t frame_size = 2 * sizeof(uintptr_t);
    unsigned count = 0;
    /* Callers lie above: a chain that does not rise has been overwritten. */
    while (count < max && fp >= low && fp < high && high - fp >= frame_size &&
           fp % sizeof(uintptr_t) == 0) {
        const uintptr_t *frame = (const uintptr_t *)fp;
        addresses[count++] = frame[1];
        if (frame[0] <= fp) {
            break;
        }
        fp = frame[0];
    }
    return count;
}
