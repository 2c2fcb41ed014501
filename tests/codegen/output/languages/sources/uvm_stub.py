"""As much of UVM 1.2's register layer as a generated model calls, with its arguments, for a SystemVerilog compiler."""

from __future__ import annotations

MACROS = "`define uvm_object_utils(T) typedef uvm_object_registry #(T) type_id;\n"

PACKAGE = """\
package uvm_pkg;
  typedef longint unsigned uvm_reg_addr_t;
  typedef logic [127:0] uvm_reg_data_t;
  typedef enum {UVM_NO_ENDIAN, UVM_LITTLE_ENDIAN, UVM_BIG_ENDIAN} uvm_endianness_e;
  typedef enum {UVM_NO_COVERAGE} uvm_coverage_model_e;
  class uvm_object;
    function new(string name = ""); endfunction
  endclass
  class uvm_object_registry #(type T = uvm_object);
    static function T create(string name = "", uvm_object parent = null, string contxt = "");
      T made = new(name);
      return made;
    endfunction
  endclass
  typedef class uvm_reg;
  typedef class uvm_reg_block;
  typedef class uvm_mem;
  class uvm_reg_field extends uvm_object;
    typedef uvm_object_registry #(uvm_reg_field) type_id;
    function new(string name = "uvm_reg_field"); endfunction
    static function bit define_access(string name); return 1; endfunction
    function void configure(uvm_reg parent, int unsigned size, int unsigned lsb_pos, string access, bit volatile,
                            uvm_reg_data_t reset, bit has_reset, bit is_rand, bit individually_accessible);
    endfunction
  endclass
  class uvm_reg_file extends uvm_object; endclass
  class uvm_reg extends uvm_object;
    function new(string name = "", int unsigned n_bits, int has_coverage); endfunction
    function void configure(uvm_reg_block blk_parent, uvm_reg_file regfile_parent = null, string hdl_path = ""); endfunction
    virtual function void build(); endfunction
  endclass
  class uvm_mem extends uvm_object;
    function new(string name, longint unsigned size, int unsigned n_bits, string access = "RW", int has_coverage = 0);
    endfunction
    function void configure(uvm_reg_block parent, string hdl_path = ""); endfunction
  endclass
  class uvm_reg_map extends uvm_object;
    virtual function void add_reg(uvm_reg rg, uvm_reg_addr_t offset, string rights = "RW", bit unmapped = 0,
                                  uvm_object frontdoor = null);
    endfunction
    virtual function void add_mem(uvm_mem mem, uvm_reg_addr_t offset, string rights = "RW", bit unmapped = 0,
                                  uvm_object frontdoor = null);
    endfunction
    virtual function void add_submap(uvm_reg_map child_map, uvm_reg_addr_t offset); endfunction
  endclass
  class uvm_reg_block extends uvm_object;
    uvm_reg_map default_map;
    function new(string name = "", int has_coverage = 0); endfunction
    function void configure(uvm_reg_block parent = null, string hdl_path = ""); endfunction
    virtual function uvm_reg_map create_map(string name, uvm_reg_addr_t base_addr, int unsigned n_bytes,
                                            uvm_endianness_e endian, bit byte_addressing = 1);
      return null;
    endfunction
  endclass
endpackage
"""
